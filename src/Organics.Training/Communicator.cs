using System.Runtime.InteropServices;
using System.Text;

namespace Organics;

/// <summary>
/// What the processes of one training tell each other. Every process has a rank from 0; what is called *collective* must be called by all of them, in the same
/// order. An implementation over a network derives from it; a training by itself has <see cref="Alone"/>.
/// </summary>
public abstract class Communicator
{
    /// <summary>The communicator of a process by itself.</summary>
    public static Communicator Alone { get; } = new One();

    /// <summary>This process, 0 … <see cref="Size"/> − 1.</summary>
    public abstract int Rank { get; }

    /// <summary>How many processes there are.</summary>
    public abstract int Size { get; }

    /// <summary>Sends bytes to one rank while it receives as many as fit from another; returns when both are done.</summary>
    /// <param name="to">The rank that gets <paramref name="sent"/>; null for none.</param>
    /// <param name="sent">What is sent.</param>
    /// <param name="from">The rank whose bytes fill <paramref name="received"/>; null for none.</param>
    /// <param name="received">Is overwritten, and has the length that the other rank sends.</param>
    public abstract void Exchange(int? to, ReadOnlySpan<byte> sent, int? from, Span<byte> received);

    /// <summary>Collective: puts the bytes of all ranks one behind the other.</summary>
    /// <param name="own">Of the same length in every rank.</param>
    /// <param name="all">Is overwritten. <see cref="Size"/> times as long.</param>
    public abstract void Gather(ReadOnlySpan<byte> own, Span<byte> all);

    /// <summary>Collective: gives all ranks the bytes of one.</summary>
    /// <param name="root">The rank that has them.</param>
    /// <param name="bytes">Of the same length in every rank; overwritten in all others.</param>
    public abstract void Broadcast(int root, Span<byte> bytes);

    /// <summary>Collective: gives all ranks the text of one.</summary>
    internal string Tell(int root, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(Rank == root ? text : "");
        int[] length = [bytes.Length];
        Broadcast(root, MemoryMarshal.AsBytes(length.AsSpan()));
        if (Rank != root) bytes = new byte[length[0]];
        Broadcast(root, bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Collective: the first rank that has another digest than rank 0; null where all agree.</summary>
    internal int? FirstToDiffer(byte[] digest)
    {
        var all = new byte[Size * digest.Length];
        Gather(digest, all);
        for (var rank = 1; rank < Size; rank++)
            if (!all.AsSpan(rank * digest.Length, digest.Length).SequenceEqual(all.AsSpan(0, digest.Length))) return rank;
        return null;
    }

    sealed class One : Communicator
    {
        public override int Rank => 0;

        public override int Size => 1;

        public override void Exchange(int? to, ReadOnlySpan<byte> sent, int? from, Span<byte> received) => sent.CopyTo(received);

        public override void Gather(ReadOnlySpan<byte> own, Span<byte> all) => own.CopyTo(all);

        public override void Broadcast(int root, Span<byte> bytes)
        {
        }
    }
}
