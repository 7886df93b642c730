using System.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace Organics.Backends;

/// <summary>
/// Memory of an accelerator. A tensor outside any workspace drops its buffer without a word; ILGPU's memory has a finaliser that frees it then,
/// and whatever is left is freed with the accelerator. The garbage collector cannot see how large it is unless told.
/// </summary>
sealed class GpuBuffer<T> : Buffer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    readonly MemoryBuffer1D<T, Stride1D.Dense> _memory;

    public GpuBuffer(Accelerator accelerator, int length) : base(length)
    {
        _memory = accelerator.Allocate1D<T>(Math.Max(length, 1));
        GC.AddMemoryPressure(_memory.LengthInBytes);
    }

    ~GpuBuffer()
    {
        if (_memory is not null) GC.RemoveMemoryPressure(_memory.LengthInBytes);
    }

    public ArrayView<T> View(int offset, int length)
        => !_memory.IsDisposed
            ? _memory.View.BaseView.SubView(offset, length)
            : throw new ObjectDisposedException(nameof(GpuDevice), "A tensor is used after its GPU was disposed; copy it with To(Device.Cpu) before.");
}
