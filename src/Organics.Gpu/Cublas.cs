using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Organics.Backends;

/// <summary>
/// Large matrix products by cuBLAS, where the library can be loaded: a CUDA toolkit is installed, or its folder is in LD_LIBRARY_PATH. It gives the same bits
/// for the same product on the same card and version (cuBLAS documentation, §2.1.4: results are reproducible on one stream), and other bits than this
/// project's own kernels.
/// </summary>
sealed class Cublas : IDisposable
{
    // On an H200 it is faster from about there on, narrow and long products by most (docs/results/gpu.md); smaller ones take the time of a launch.
    const long LeastWork = 1 << 25;

    // ILGPU.Algorithms knows the names up to 12; the functions that are called here have been the same since.
    static readonly int[] Versions = [13, 12, 11, 10];

    readonly CuBlas _handle;
    readonly Lock _gate = new();

    static Cublas()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(CuBlas).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // The program that embeds this one has set its own, and knows better.
        }
    }

    Cublas(CuBlas handle) => _handle = handle;

    /// <summary>"cuBLAS 13.1".</summary>
    public string Name => $"cuBLAS {_handle.Version / 10_000}.{_handle.Version / 100 % 100}";

    /// <summary>Null where the accelerator is no CUDA device or the library is missing.</summary>
    public static Cublas? Open(Accelerator accelerator)
    {
        if (accelerator is not CudaAccelerator cuda) return null;
        try
        {
            return new(new(cuda));
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or CuBlasException)
        {
            return null;
        }
    }

    /// <summary>Whether a product of m × k and k × n is large enough.</summary>
    public static bool Pays(int m, int n, int k) => (long)m * n * k >= LeastWork;

    /// <summary>C ← op(A)·op(B), or C + that; as <see cref="Backend{T}.MatMul"/>.</summary>
    public void Multiply<T>(ArrayView<T> a, bool transposeA, ArrayView<T> b, bool transposeB, ArrayView<T> c, int m, int n, int k, bool accumulate) where T : unmanaged
    {
        // Row-major C is column-major Cᵀ = op(B)ᵀ·op(A)ᵀ, and so are A and B.
        var (first, second) = (Operation(transposeB), Operation(transposeA));
        var (ofB, ofA) = (transposeB ? k : n, transposeA ? m : k);
        // A handle is one thread's at a time.
        lock (_gate)
        {
            if (typeof(T) == typeof(float))
                _handle.Gemm(first, second, n, m, k, 1f, As<T, float>(b), ofB, As<T, float>(a), ofA, accumulate ? 1 : 0, As<T, float>(c), n);
            else
                _handle.Gemm(first, second, n, m, k, 1.0, As<T, double>(b), ofB, As<T, double>(a), ofA, accumulate ? 1 : 0, As<T, double>(c), n);
        }
    }

    public void Dispose() => _handle.Dispose();

    static CuBlasOperation Operation(bool isTransposed) => isTransposed ? CuBlasOperation.Transpose : CuBlasOperation.NonTranspose;

    static ArrayView<TTo> As<T, TTo>(ArrayView<T> view) where T : unmanaged where TTo : unmanaged => Unsafe.BitCast<ArrayView<T>, ArrayView<TTo>>(view);

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name.Contains("cublas", StringComparison.Ordinal))
            foreach (var version in Versions)
                if (NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? $"cublas64_{version}.dll" : $"libcublas.so.{version}", assembly, path, out var library)) return library;
        return 0;
    }
}
