using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Organics;

/// <summary>Bytes that are read anywhere, from several threads at once: of a file or in memory.</summary>
abstract class ByteSource : IDisposable
{
    int _owners = 1;

    /// <summary>All bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Whether <see cref="View"/> needs no buffer.</summary>
    public virtual bool IsMemory => false;

    /// <summary>So many bytes from an offset on: in memory those themselves, else read into the buffer.</summary>
    public virtual ReadOnlySpan<byte> View(long offset, int count, Span<byte> buffer)
    {
        Read(offset, buffer[..count]);
        return buffer[..count];
    }

    /// <summary>Fills a span with the bytes from an offset on.</summary>
    public abstract void Read(long offset, Span<byte> bytes);

    /// <summary>One more owner, who must dispose it, too.</summary>
    public ByteSource Share()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    /// <summary>Ends one owner's interest; the last one's closes the file.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) == 0) Close();
    }

    protected virtual void Close() { }

    /// <summary>A stream over a part of the bytes, which it does not own.</summary>
    public Stream Part(long offset, long length) => new Window(this, offset, length);

    sealed class Window(ByteSource source, long offset, long length) : ReadOnlyStream
    {
        long _at;

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, length - _at);
            source.Read(offset + _at, buffer[..count]);
            _at += count;
            return count;
        }
    }
}

/// <summary>A stream that is read once, from its begin to its end.</summary>
abstract class ReadOnlyStream : Stream
{
    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => false;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public abstract override int Read(Span<byte> buffer);

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public sealed override void Flush() { }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Values in memory as bytes, in pieces that begin and end with a value.</summary>
sealed class MemoryBytes<T>(ReadOnlyMemory<T> values) : ByteSource where T : unmanaged
{
    static readonly int Size = Unsafe.SizeOf<T>();

    public override long Length => (long)values.Length * Size;

    public override bool IsMemory => true;

    public override ReadOnlySpan<byte> View(long offset, int count, Span<byte> buffer) =>
        MemoryMarshal.AsBytes(values.Span.Slice((int)(offset / Size), count / Size));

    public override void Read(long offset, Span<byte> bytes) => View(offset, bytes.Length, []).CopyTo(bytes);
}

/// <summary>
/// A file, read on request by position (pread) and not mapped into memory: the pages of a mapping that were touched count as memory of the process, so that
/// one pass over a file of 1 GB would seem to hold 1 GB; what is read through a small buffer lies in the operating system's cache alone.
/// </summary>
sealed class FileBytes : ByteSource
{
    readonly SafeFileHandle _handle;
    readonly string _path;

    FileBytes(SafeFileHandle handle, string path) => (_handle, _path, Length) = (handle, path, RandomAccess.GetLength(handle));

    /// <summary>Opens a regular file that is not empty.</summary>
    /// <exception cref="DataUnavailableException">There is no such file, or it may not be read.</exception>
    /// <exception cref="InvalidDataException">It is empty, a pipe or a device.</exception>
    public static FileBytes Open(string path)
    {
        try
        {
            if (BoundedRead.LengthOf(path) == 0)
                throw new InvalidDataException($"'{path}' is empty, or it is a pipe or a device, where a regular file was expected; write the data into a file first.");
            return new FileBytes(File.OpenHandle(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataUnavailableException($"The file '{path}' cannot be opened: {error.Message.TrimEnd('.')}; check the path and the rights to read it.", error);
        }
    }

    public override long Length { get; }

    public override void Read(long offset, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int got = RandomAccess.Read(_handle, bytes, offset);
            if (got == 0) throw new InvalidDataException($"'{_path}' became shorter while it was read; leave the file alone until its reader has ended.");
            offset += got;
            bytes = bytes[got..];
        }
    }

    protected override void Close() => _handle.Dispose();
}
