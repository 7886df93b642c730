using System.Numerics;
using ILGPU.Runtime.Cuda;
using Organics.Contract;

namespace Organics.Gpu.Tests;

/// <summary>Every kernel compiles for every supported generation of NVIDIA GPUs, to exact arithmetic only.</summary>
public sealed class PtxTests
{
    static readonly Dictionary<CudaArchitecture, PtxCompiler> Compilers = PtxCompiler.Architectures.ToDictionary(a => a, a => new PtxCompiler(a));

    public static TheoryData<string> FormulaNames => [.. KnownFormulas.Names];

    [Theory, MemberData(nameof(FormulaNames))]
    public void Every_formula_compiles_in_single_precision(string formula) => KnownFormulas.Visit(formula, new Compiles<float, Lane32>());

    [Theory, MemberData(nameof(FormulaNames))]
    public void Every_formula_compiles_in_double_precision(string formula) => KnownFormulas.Visit(formula, new Compiles<double, Lane64>());

    [Fact]
    public void Every_other_kernel_compiles_in_single_precision() => CompileOthers<float, Lane32>();

    [Fact]
    public void Every_other_kernel_compiles_in_double_precision() => CompileOthers<double, Lane64>();

    [Fact]
    public void A_fused_multiply_add_is_one_instruction()
    {
        Assert.Contains("fma.rn.f32", Compilers[CudaArchitecture.SM_80].Compile(MapKernels<float, Lane32>.Map<Unary<Affine<float>, float>>));
        Assert.Contains("fma.rn.f64", Compilers[CudaArchitecture.SM_80].Compile(MapKernels<double, Lane64>.Map<Unary<Affine<double>, double>>));
    }

    sealed class Compiles<T, L> : IFormulaVisitor<T> where T : unmanaged, IFloatingPointIeee754<T> where L : struct, ILane<L, T>
    {
        public void Map<TOp>(string name, TOp op) where TOp : unmanaged, IPointwise<T>
        {
            CompileEverywhere(MapKernels<T, L>.Map<TOp>);
            CompileEverywhere(MapKernels<T, L>.MapVjp<TOp>);
        }

        public void Reduce<TOp>(string name, TOp op) where TOp : unmanaged, IReduction<T>
        {
            CompileEverywhere(ReduceKernels<T, L>.Reduce<TOp>);
            CompileEverywhere(ReduceKernels<T, L>.ReduceParts<TOp>);
        }

        public void Update<TOp>(string name, TOp op) where TOp : unmanaged, IUpdate<T> => CompileEverywhere(MapKernels<T, L>.Update<TOp>);
    }

    static void CompileOthers<T, L>() where T : unmanaged, IFloatingPointIeee754<T> where L : unmanaged, ILane<L, T>
    {
        CompileEverywhere(MapKernels<T, L>.Fill);
        CompileEverywhere(ReduceKernels<T, L>.Expand);
        CompileEverywhere(MoveKernels<T, L>.CopyRows);
        CompileEverywhere(MoveKernels<T, L>.Transpose);
        CompileEverywhere(MoveKernels<T, L>.Gather);
        CompileEverywhere(MoveKernels<T, L>.ScatterAdd);
        CompileEverywhere(MatMulKernels<T, L>.Plain);
        CompileEverywhere(MatMulKernels<T, L>.Small, grouped: true);
        CompileEverywhere(MatMulKernels<T, L>.Tiled, grouped: true);
        CompileEverywhere(MatMulKernels<T, L>.Large, grouped: true);
        CompileEverywhere(LuKernels<T, L>.Factor);
        CompileEverywhere(LuKernels<T, L>.Solve);
        CompileEverywhere(EigenvalueKernels<T, L>.Of);
        CompileSequence<T, L, Group64>();
        CompileSequence<T, L, Group128>();
        CompileSequence<T, L, Group256>();
        CompileSequence<T, L, Group384>();
        CompileSequence<T, L, Group768>();
        CompileEverywhere(SteadyStateKernels<T, L>.FixedPoint, grouped: true);
        CompileEverywhere(SteadyStateKernels<T, L>.FixedPointInScratch, grouped: true);
        CompileEverywhere(SteadyStateKernels<T, L>.Adjoint, grouped: true);
        CompileEverywhere(SteadyStateKernels<T, L>.AdjointInScratch, grouped: true);
    }

    static void CompileSequence<T, L, TGroup>() where T : unmanaged, IFloatingPointIeee754<T> where L : unmanaged, ILane<L, T> where TGroup : struct, IGroupSize
    {
        CompileEverywhere(SequenceKernels<T, L, CircuitFormula<T>>.Forward<TGroup>, grouped: true);
        CompileEverywhere(SequenceKernels<T, L, CircuitFormula<T>>.Back<TGroup>, grouped: true);
    }

    static void CompileEverywhere(Delegate kernel, bool grouped = false)
    {
        foreach (var compiler in Compilers.Values)
        {
            var ptx = compiler.Compile(kernel, grouped);
            Assert.Contains(".visible .entry", ptx);
            // Approximate instructions, results flushed to zero, and calls (of libdevice, or of .NET methods that no GPU has) are not the reference's arithmetic.
            Assert.DoesNotContain(".approx", ptx);
            Assert.DoesNotContain(".ftz", ptx);
            Assert.DoesNotContain(".extern .func", ptx);
            Assert.DoesNotContain("call", ptx);
            Assert.DoesNotContain("__nv_", ptx);
        }
    }
}
