using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace Organics;

/// <summary>A device that ILGPU found.</summary>
/// <param name="Name">Its own name.</param>
/// <param name="Kind">"CUDA", "OpenCL", or "CPU" for ILGPU's emulation of a GPU, which is slow and only good for tests.</param>
/// <param name="Bytes">The size of its memory.</param>
public sealed record GpuInfo(string Name, string Kind, long Bytes);

/// <summary>A GPU, programmed through ILGPU: the formulas of the CPU, compiled for CUDA or OpenCL at run time.</summary>
/// <remarks>
/// Sums that are fused on a GPU where they are not on the CPU differ in the last place. Everything is done on one in-order stream; the same
/// inputs give the same bits on the same device. ILGPU must see a formula's type: a formula of your own must be public.
/// </remarks>
[RequiresDynamicCode(NeedsDynamicCode)]
public sealed class GpuDevice : Device
{
    internal const string NeedsDynamicCode = "GPU kernels are compiled at run time; publish with PublishAot=false, or use Device.Cpu.";

    static readonly Lock Listing = new();

    readonly Context _context;
    readonly Accelerator _accelerator;
    readonly Backend<float> _single;
    readonly Backend<double> _double;

    GpuDevice(Context context, ILGPU.Runtime.Device device)
    {
        _context = context;
        _accelerator = device.CreateAccelerator(context);
        _single = new GpuBackend<float, Lane32>(_accelerator);
        _double = new GpuBackend<double, Lane64>(_accelerator);
    }

    /// <inheritdoc/>
    public override string Name => $"gpu ({KindOf(_accelerator.AcceleratorType)}, {_accelerator.Name})";

    /// <summary>The devices here: CUDA first, then OpenCL, then ILGPU's emulation.</summary>
    /// <exception cref="PlatformNotSupportedException">This program cannot compile kernels.</exception>
    public static IReadOnlyList<GpuInfo> List()
    {
        using var context = Create();
        return [.. Ordered(context).Select(d => new GpuInfo(d.Name, KindOf(d.AcceleratorType), d.MemorySize))];
    }

    /// <summary>Opens the first GPU, or the first whose name or kind contains some text.</summary>
    /// <param name="name">A part of the name ("RTX"), or a kind ("CUDA", "OpenCL"); upper and lower case are the same. Null: any GPU.</param>
    /// <exception cref="PlatformNotSupportedException">There is none, or this program cannot compile kernels.</exception>
    public static GpuDevice Open(string? name = null)
    {
        var context = Create();
        var found = Ordered(context).FirstOrDefault(d => d.AcceleratorType != AcceleratorType.CPU
            && (name is null
                || d.Name.Contains(name, StringComparison.OrdinalIgnoreCase)
                || KindOf(d.AcceleratorType).Contains(name, StringComparison.OrdinalIgnoreCase)));
        if (found is not null) return new(context, found);
        var names = Ordered(context).Select(d => $"{d.Name} ({KindOf(d.AcceleratorType)})").ToArray();
        context.Dispose();
        throw new PlatformNotSupportedException(
            $"There is no GPU{(name is null ? "" : $" called {name}")} here, only {string.Join(", ", names)}; install a CUDA driver or an OpenCL runtime, or use Device.Cpu.");
    }

    /// <summary>ILGPU's emulation of a GPU on this processor: slow, for testing kernels where there is no GPU.</summary>
    /// <exception cref="PlatformNotSupportedException">This program cannot compile kernels.</exception>
    public static GpuDevice IlgpuCpu()
    {
        var context = Create();
        return new(context, Ordered(context).First(d => d.AcceleratorType == AcceleratorType.CPU));
    }

    /// <inheritdoc/>
    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    /// <summary>Frees all memory of the device; its tensors cannot be used any more.</summary>
    public override void Dispose()
    {
        _accelerator.Dispose();
        _context.Dispose();
    }

    static Context Create()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported) throw new PlatformNotSupportedException(NeedsDynamicCode);
        LaneIntrinsics.Register();
        // Of two contexts created at once, the first of a process, ILGPU finds OpenCL's devices for one only.
        lock (Listing) return Context.Create(b => b.AllAccelerators());
    }

    static IEnumerable<ILGPU.Runtime.Device> Ordered(Context context)
        => context.Devices.OrderBy(d => d.AcceleratorType switch { AcceleratorType.Cuda => 0, AcceleratorType.OpenCL => 1, _ => 2 });

    static string KindOf(AcceleratorType type) => type switch { AcceleratorType.Cuda => "CUDA", AcceleratorType.OpenCL => "OpenCL", _ => "CPU" };
}
