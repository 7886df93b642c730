using System.Numerics;

namespace Organics;

/// <summary>What a device has handed out.</summary>
/// <param name="BuffersCreated">Buffers made since the device was created; constant once every step has been seen.</param>
/// <param name="BytesCreated">Their size in bytes.</param>
/// <param name="BuffersRented">Buffers in use by workspaces and tapes now.</param>
/// <param name="BytesRented">Their size in bytes.</param>
public readonly record struct MemoryStatistics(long BuffersCreated, long BytesCreated, long BuffersRented, long BytesRented);

/// <summary>Keeps returned buffers for the next step. Safe for several tapes on several threads.</summary>
sealed class BufferPool<T>(Func<int, Buffer<T>> create) where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly Lock _gate = new();
    readonly Dictionary<int, Stack<Buffer<T>>> _free = [];
    long _created, _createdLength, _rented, _rentedLength;

    public unsafe MemoryStatistics Statistics
    {
        get
        {
            lock (_gate) return new(_created, _createdLength * sizeof(T), _rented, _rentedLength * sizeof(T));
        }
    }

    public Buffer<T> Rent(int length)
    {
        var size = SizeClass(length);
        lock (_gate)
        {
            if (_free.TryGetValue(size, out var stack) && stack.TryPop(out var free))
            {
                _rented++;
                _rentedLength += size;
                return free;
            }
        }
        // Where there is no memory for it, nothing is counted.
        var buffer = create(size);
        lock (_gate)
        {
            _rented++;
            _rentedLength += size;
            _created++;
            _createdLength += size;
        }
        return buffer;
    }

    public void Return(Buffer<T> buffer)
    {
        lock (_gate)
        {
            _rented--;
            _rentedLength -= buffer.Length;
            if (!_free.TryGetValue(buffer.Length, out var stack)) _free[buffer.Length] = stack = new();
            stack.Push(buffer);
        }
    }

    // Eight classes per octave waste at most an eighth, and a smaller last batch reuses the buffers of the full ones. The longest lengths are a class each.
    static int SizeClass(int length)
    {
        if (length <= 16) return 16;
        var step = Math.Max(16, (int)(BitOperations.RoundUpToPowerOf2((uint)length) >> 4));
        var size = ((long)length + step - 1) / step * step;
        return size <= int.MaxValue ? (int)size : length;
    }
}
