using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace Organics.Backends;

/// <summary>Loads kernels whose threads work in groups, with shared memory and barriers.</summary>
/// <remarks>
/// The OpenCL that ILGPU 1.5.3 writes for them is wrong in two places. Its barriers order global memory alone, so that what a thread reads from shared memory
/// need not be what its group wrote there; and dynamic shared memory is one pointer of the program, which all groups that run at once set to their own.
/// </remarks>
static partial class GroupKernel
{
    /// <summary>A launcher that takes a stream, a configuration of groups, and what the kernel takes.</summary>
    public static TLauncher Load<TLauncher>(Accelerator accelerator, Delegate kernel, KernelSpecialization specialization = default) where TLauncher : Delegate
    {
        if (accelerator is not CLAccelerator openCl) return accelerator.LoadKernel(kernel.Method, specialization).CreateLauncherDelegate<TLauncher>();
        var compiled = (CLCompiledKernel)openCl.Backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method), specialization);
        var mended = new CLCompiledKernel(openCl.Context, EntryPointOf(compiled), compiled.Info, Mend(compiled.Source), compiled.CVersion);
        return openCl.LoadKernel(mended).CreateLauncherDelegate<TLauncher>();
    }

    /// <summary>The same OpenCL with barriers for shared memory, too, and with a pointer to dynamic shared memory in each thread.</summary>
    /// <exception cref="InvalidOperationException">It is not written as ILGPU 1.5.3 writes it, so that what is wrong in it may have stayed.</exception>
    public static string Mend(string source)
    {
        if ((source.Contains("_barrier", StringComparison.Ordinal) && !source.Contains("work_group_barrier ( CLK_GLOBAL_MEM_FENCE )", StringComparison.Ordinal))
            || (source.Contains(") dynamic_shared_memory", StringComparison.Ordinal) && !DynamicMemory.IsMatch(source)))
            throw new InvalidOperationException("ILGPU writes OpenCL in another way than version 1.5.3 does, whose barriers and shared memory this library mends; use ILGPU 1.5.3, or Device.Cpu.");
        var pointers = string.Concat(DynamicMemory.Matches(source).Select(match => match.Value));
        var withoutPointers = DynamicMemory.Replace(source, "").Replace("( CLK_GLOBAL_MEM_FENCE )", "( CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE )", StringComparison.Ordinal);
        var body = withoutPointers.IndexOf('{', withoutPointers.IndexOf("kernel void ", StringComparison.Ordinal)) + 1;
        return withoutPointers.Insert(body, $"\n{pointers}");
    }

    // A kernel of another source needs the entry point of the first, which ILGPU keeps to itself.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_EntryPoint")]
    static extern SeparateViewEntryPoint EntryPointOf(CLCompiledKernel kernel);

    // The pointer and its length, each a line outside of all functions.
    [GeneratedRegex(@"^(local \S+ shared_var_\d+|int shared_var_len_\d+);\r?\n", RegexOptions.Multiline)]
    private static partial Regex DynamicMemory { get; }
}
