using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Organics.Gpu.Tests;

/// <summary>Compiles kernels to PTX, for which no GPU is needed.</summary>
sealed class PtxCompiler(CudaArchitecture architecture) : IDisposable
{
    public static IReadOnlyList<CudaArchitecture> Architectures { get; } = [CudaArchitecture.SM_75, CudaArchitecture.SM_80, CudaArchitecture.SM_90];

    readonly Lock _gate = new();
    Context? _context;
    PTXBackend? _backend;

    /// <summary>The PTX of a kernel, given as a method group.</summary>
    public string Compile(Delegate kernel, bool grouped = false)
    {
        lock (_gate)
        {
            if (_backend is null)
            {
                LaneIntrinsics.Register();
                _context = Context.Create(b => b.DefaultCPU());
                _backend = new(_context, architecture, CudaInstructionSet.ISA_80, null!);
            }
            try
            {
                var entry = grouped
                    ? EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method)
                    : EntryPointDescription.FromImplicitlyGroupedKernel(kernel.Method);
                return ((PTXCompiledKernel)_backend.Compile(entry, default)).PTXAssembly;
            }
            catch
            {
                // A failed compilation breaks the context for every later one.
                Dispose();
                throw;
            }
        }
    }

    public void Dispose()
    {
        _backend?.Dispose();
        _context?.Dispose();
        (_backend, _context) = (null, null);
    }
}
