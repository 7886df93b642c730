using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace Organics.Backends;

/// <summary>Compiles kernels and makes their launchers; for OpenCL from a source that is mended (<see cref="OpenClSource"/>).</summary>
static class KernelLoader
{
    /// <summary>A launcher that takes a stream; the number of threads, where the kernel's first parameter is an index, or else a configuration of groups; and
    /// what the kernel takes.</summary>
    public static TLauncher Load<TLauncher>(Accelerator accelerator, Delegate kernel, KernelSpecialization specialization = default) where TLauncher : Delegate
    {
        var isGrouped = kernel.Method.GetParameters()[0].ParameterType != typeof(Index1D);
        if (accelerator is not CLAccelerator openCl)
            return (isGrouped ? accelerator.LoadKernel(kernel.Method, specialization) : accelerator.LoadAutoGroupedKernel(kernel.Method)).CreateLauncherDelegate<TLauncher>();
        var entry = isGrouped ? EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method) : EntryPointDescription.FromImplicitlyGroupedKernel(kernel.Method);
        var compiled = (CLCompiledKernel)openCl.Backend.Compile(entry, specialization);
        var mended = new CLCompiledKernel(openCl.Context, EntryPointOf(compiled), compiled.Info, OpenClSource.Mend(compiled.Source), compiled.CVersion);
        return (isGrouped ? openCl.LoadKernel(mended) : openCl.LoadAutoGroupedKernel(mended)).CreateLauncherDelegate<TLauncher>();
    }

    // A kernel of another source needs the entry point of the first, which ILGPU keeps to itself.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_EntryPoint")]
    static extern SeparateViewEntryPoint EntryPointOf(CLCompiledKernel kernel);
}
