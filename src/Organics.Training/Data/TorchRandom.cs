namespace Organics;

/// <summary>
/// PyTorch's CPU generator, bit for bit, for the two things the authors drew with it: the permutation of the 784 pixels and the
/// 57,000/3,000 split, both from <c>torch.Generator().manual_seed(73)</c> and <c>torch.randperm</c>. The engine is MT19937
/// (Matsumoto and Nishimura, ACM TOMACS 8 (1998) 3–30), seeded by the low 32 bits of the seed.
/// </summary>
public sealed class TorchRandom
{
    const int N = 624, M = 397;
    readonly uint[] _state = new uint[N];
    int _next = N;

    /// <summary>A generator as <c>torch.Generator().manual_seed(seed)</c> leaves it.</summary>
    /// <param name="seed">The seed; only its low 32 bits count, as in PyTorch.</param>
    public TorchRandom(ulong seed)
    {
        _state[0] = (uint)seed;
        for (uint i = 1; i < N; i++) _state[i] = 1812433253u * (_state[i - 1] ^ _state[i - 1] >> 30) + i;
    }

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_next == N) Twist();
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= y << 7 & 0x9D2C5680;
        y ^= y << 15 & 0xEFC60000;
        return y ^ y >> 18;
    }

    /// <summary>
    /// A permutation of 0 … <paramref name="n"/> − 1, the one <c>torch.randperm(n, generator=g)</c> returns: swaps forward from the first
    /// place, each drawn as 32 bits modulo the places left.
    /// </summary>
    /// <param name="n">The number of items, from 0 to (2³² − 1)/20 exclusive: from there on PyTorch draws 64 bits a swap.</param>
    public int[] Permutation(int n)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)n, uint.MaxValue / 20, nameof(n));
        int[] items = new int[n];
        for (int i = 0; i < n; i++) items[i] = i;
        for (int i = 0; i < n - 1; i++)
        {
            int chosen = i + (int)(NextUInt32() % (uint)(n - i));
            (items[i], items[chosen]) = (items[chosen], items[i]);
        }
        return items;
    }

    void Twist()
    {
        for (int i = 0; i < N; i++)
        {
            uint y = _state[i] & 0x80000000 | _state[(i + 1) % N] & 0x7FFFFFFF;
            _state[i] = _state[(i + M) % N] ^ y >> 1 ^ ((y & 1) == 0 ? 0 : 0x9908B0DFu);
        }
        _next = 0;
    }
}
