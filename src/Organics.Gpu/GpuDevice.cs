using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Organics;

/// <summary>A device that ILGPU found.</summary>
/// <param name="Id">What <see cref="GpuDevice.Open"/> calls it: "cuda:0", "opencl:1", or "ilgpu-cpu".</param>
/// <param name="Name">Its own name.</param>
/// <param name="Kind">"CUDA", "OpenCL", or "CPU" for ILGPU's emulation of a GPU, which is slow and only good for tests.</param>
/// <param name="Bytes">The size of its memory.</param>
/// <param name="Driver">The driver and what it supports, in words.</param>
public sealed record GpuInfo(string Id, string Name, string Kind, long Bytes, string Driver);

/// <summary>A GPU, programmed through ILGPU: the formulas of the CPU, compiled for CUDA or OpenCL at run time.</summary>
/// <remarks>
/// Sums that are fused on a GPU where they are not on the CPU differ in the last place. Everything is done on one in-order stream; the same
/// inputs give the same bits on the same device. ILGPU must see a formula's type: a formula of your own must be public.
/// </remarks>
[RequiresDynamicCode(NeedsDynamicCode)]
public sealed class GpuDevice : Device
{
    /// <summary>The id of <see cref="IlgpuCpu"/>.</summary>
    public const string Emulation = "ilgpu-cpu";

    internal const string NeedsDynamicCode = "GPU kernels are compiled at run time from whole assemblies; publish with PublishAot=false and PublishTrimmed=false, or use Device.Cpu.";

    static readonly Lock Listing = new();

    readonly Context _context;
    readonly Accelerator _accelerator;
    readonly Cublas? _cublas;
    readonly Backend<float> _single;
    readonly Backend<double> _double;

    GpuDevice(Context context, (string Id, ILGPU.Runtime.Device Device) named, bool cublas)
    {
        (_context, Id, var device) = (context, named.Id, named.Device);
        _accelerator = device.CreateAccelerator(context);
        _cublas = cublas ? Cublas.Open(_accelerator) : null;
        _single = new GpuBackend<float, Lane32>(_accelerator, _cublas);
        _double = new GpuBackend<double, Lane64>(_accelerator, _cublas);
    }

    /// <summary>What <see cref="List"/> calls it.</summary>
    public string Id { get; }

    /// <inheritdoc/>
    public override string Name => $"gpu ({KindOf(_accelerator.AcceleratorType)}, {_accelerator.Name}{(_cublas is null ? "" : $", {_cublas.Name}")})";

    /// <summary>The devices here: CUDA first, then OpenCL, then ILGPU's emulation.</summary>
    /// <exception cref="PlatformNotSupportedException">This program cannot compile kernels.</exception>
    public static IReadOnlyList<GpuInfo> List()
    {
        using var context = Create();
        return [.. Named(context).Select(d => new GpuInfo(d.Id, d.Device.Name.Trim(), KindOf(d.Device.AcceleratorType), d.Device.MemorySize, DriverOf(d.Device)))];
    }

    /// <summary>Opens the first GPU, the one of an id, or the first whose name contains some text.</summary>
    /// <param name="name">An id ("cuda:0", "opencl:1"; without a number the first), or a part of the name ("RTX"); upper and lower case are the same. Null: any
    /// GPU.</param>
    /// <param name="cublas">Whether cuBLAS, where it is installed, does large matrix products: faster than the kernels here, and with other bits.</param>
    /// <exception cref="PlatformNotSupportedException">There is none, or this program cannot compile kernels.</exception>
    public static GpuDevice Open(string? name = null, bool cublas = true)
    {
        var context = Create();
        var gpus = Named(context).Where(d => d.Device.AcceleratorType != AcceleratorType.CPU).ToArray();
        var id = name is null || name.Contains(':') ? name : $"{name}:0";
        var found = gpus.FirstOrDefault(d => name is null || d.Id.Equals(id, StringComparison.OrdinalIgnoreCase));
        if (found.Device is null) found = gpus.FirstOrDefault(d => d.Device.Name.Contains(name!, StringComparison.OrdinalIgnoreCase));
        if (found.Device is not null) return new(context, found, cublas);
        var names = Named(context).Select(d => $"{d.Id} ({d.Device.Name.Trim()})").ToArray();
        context.Dispose();
        throw new PlatformNotSupportedException(
            $"There is no GPU{(name is null ? "" : $" called {name}")} here, only {string.Join(", ", names)}; install a CUDA driver or an OpenCL runtime, or use Device.Cpu.");
    }

    /// <summary>What went wrong, in a sentence, where a GPU or its driver did; null for any other error.</summary>
    /// <param name="error">What was thrown while tensors of a GPU were at work.</param>
    public static string? Explain(Exception error) => error switch
    {
        // A size is invalid that is larger than the device gives to one buffer.
        CLException { Error: CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE } => OutOfMemory(error),
        // Not "an illegal memory access": that is a fault, after which nothing works.
        CudaException when error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) => OutOfMemory(error),
        CuBlasException { Error: CuBlasStatus.CUBLAS_STATUS_ALLOC_FAILED } => OutOfMemory(error),
        CuBlasException or AcceleratorException or InvalidKernelOperationException or InternalCompilerException or CapabilityNotSupportedException
            => $"The GPU or its driver failed ({Cause(error)}); see `organics devices --selftest`, or use another device.",
        _ => null,
    };

    static string OutOfMemory(Exception error) => $"The GPU's memory is not enough ({Cause(error)}); use a smaller batch, less checkpoint memory, or another device.";

    // ILGPU gives errors of OpenCL and cuBLAS no words.
    static string Cause(Exception error) => error switch
    {
        CLException { Error: var code } => $"{code}",
        CuBlasException { Error: var status } => $"{status}",
        _ => error.Message.TrimEnd('.'),
    };

    /// <summary>ILGPU's emulation of a GPU on this processor: slow, for testing kernels where there is no GPU.</summary>
    /// <exception cref="PlatformNotSupportedException">This program cannot compile kernels.</exception>
    public static GpuDevice IlgpuCpu()
    {
        var context = Create();
        return new(context, Named(context).First(d => d.Device.AcceleratorType == AcceleratorType.CPU), cublas: false);
    }

    /// <inheritdoc/>
    public override Backend<T> Backend<T>() => Select<T>(_single, _double);

    /// <summary>Frees all memory of the device; its tensors cannot be used any more.</summary>
    public override void Dispose()
    {
        if (_cublas is not null) Release(_cublas);
        Release(_accelerator);
        Release(_context);
    }

    // A device that was lost refuses to free what it had; an error here would hide the one that says why.
    internal static void Release(IDisposable part)
    {
        try
        {
            part.Dispose();
        }
        catch (Exception error) when (error is AcceleratorException or CuBlasException)
        {
        }
    }

    static Context Create()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported) throw new PlatformNotSupportedException(NeedsDynamicCode);
        try
        {
            LaneIntrinsics.Register();
        }
        catch (TypeInitializationException error)
        {
            // A trimmed program lacks what ILGPU reads of itself by reflection.
            throw new PlatformNotSupportedException(NeedsDynamicCode, error);
        }
        // Of two contexts created at once, the first of a process, ILGPU finds OpenCL's devices for one only.
        lock (Listing) return Context.Create(b => b.AllAccelerators());
    }

    static IEnumerable<(string Id, ILGPU.Runtime.Device Device)> Named(Context context)
        => context.Devices.Where(d => d.AcceleratorType == AcceleratorType.Cuda).Select((d, i) => ($"cuda:{i}", d))
            .Concat(context.Devices.Where(d => d.AcceleratorType == AcceleratorType.OpenCL).Select((d, i) => ($"opencl:{i}", d)))
            .Concat(context.Devices.Where(d => d.AcceleratorType == AcceleratorType.CPU).Take(1).Select(d => (Emulation, d)));

    static string DriverOf(ILGPU.Runtime.Device device) => device switch
    {
        CudaDevice cuda => $"CUDA driver {cuda.DriverVersion}, {cuda.Architecture}",
        CLDevice cl => $"{cl.PlatformName.Trim()}, {cl.PlatformVersion}",
        _ => "ILGPU's emulation",
    };

    static string KindOf(AcceleratorType type) => type switch { AcceleratorType.Cuda => "CUDA", AcceleratorType.OpenCL => "OpenCL", _ => "CPU" };
}
