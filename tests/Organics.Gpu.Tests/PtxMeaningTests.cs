using System.Numerics;
using ILGPU.Runtime.Cuda;
using Organics.Contract;

namespace Organics.Gpu.Tests;

/// <summary>What ILGPU compiles means what the C# means: the PTX of every formula, run at the extremes, gives the bits of the reference backend.</summary>
public sealed class PtxMeaningTests
{
    static readonly PtxCompiler Compiler = new(CudaArchitecture.SM_80);

    public static TheoryData<string> FormulaNames => [.. KnownFormulas.Names];

    [Theory, MemberData(nameof(FormulaNames))]
    public void The_compiled_formula_gives_the_bits_of_the_reference_in_single_precision(string formula) => KnownFormulas.Visit(formula, new Agrees<float, Lane32>());

    [Theory, MemberData(nameof(FormulaNames))]
    public void The_compiled_formula_gives_the_bits_of_the_reference_in_double_precision(string formula) => KnownFormulas.Visit(formula, new Agrees<double, Lane64>());

    sealed class Agrees<T, L> : IFormulaVisitor<T> where T : unmanaged, IFloatingPointIeee754<T> where L : struct, ILane<L, T>
    {
        static readonly Backend<T> Reference = Device.Reference.Backend<T>();

        static readonly T[] Extremes =
        [
            .. new[] { 0, double.NaN, double.PositiveInfinity, -1e-30, 90, double.NegativeInfinity, 1, 1e-30, -90, 1e30, -1e30, 0.5, -0.37, 3.3 }
                .Select(T.CreateTruncating)
        ];

        public void Map<TOp>(string name, TOp op) where TOp : unmanaged, IPointwise<T>
        {
            var values = Extremes[..(TOp.Arity < 3 ? 14 : TOp.Arity < 4 ? 8 : 5)];
            var n = (int)Math.Pow(values.Length, TOp.Arity);
            // Every combination: input i repeats each value length^i times.
            T[][] x = [.. Enumerable.Range(0, 4).Select(i => i >= TOp.Arity ? []
                : Enumerable.Range(0, n).Select(j => values[j / (int)Math.Pow(values.Length, i) % values.Length]).ToArray())];
            var views = Operands<T>.Of([.. x[..TOp.Arity].Select(On)]);

            var y = On(new T[n]);
            Reference.Map(op, views, y);
            var machine = new PtxMachine(Compiler.Compile(MapKernels<T, L>.Map<TOp>));
            byte[] inputs = [.. x.SelectMany(machine.View)];
            machine.Run(n, inputs, machine.View(new T[n]), PtxMachine.Value(op));
            AssertBits(name, Read(y), machine.Read<T>(4));

            T[] gy = [.. Enumerable.Range(0, n).Select(i => T.CreateTruncating(0.3 + i % 7))];
            View<T>[] gx = [.. Enumerable.Range(0, 4).Select(i => i < TOp.Arity ? On(new T[n]) : default)];
            Reference.MapVjp(op, views, y, On(gy), Operands<T>.Of(gx));
            machine = new PtxMachine(Compiler.Compile(MapKernels<T, L>.MapVjp<TOp>));
            inputs = [.. x.SelectMany(machine.View)];
            var (value, cotangent) = (machine.View(Read(y)), machine.View(gy));
            byte[] gradients = [.. gx.SelectMany(g => machine.View(new T[g.Length]))];
            machine.Run(n, inputs, value, cotangent, gradients, PtxMachine.Value(op));
            for (var i = 0; i < TOp.Arity; i++) AssertBits(name, Read(gx[i]), machine.Read<T>(6 + i));
        }

        public void Reduce<TOp>(string name, TOp op) where TOp : unmanaged, IReduction<T>
        {
            T[] x = [.. Extremes.SelectMany(a => Extremes.SelectMany(b => new[] { a, b }))];
            var y = On(new T[x.Length / 2]);
            Reference.Reduce(op, On(x), x.Length / 2, 2, 1, y, accumulate: false);
            var machine = new PtxMachine(Compiler.Compile(ReduceKernels<T, L>.Reduce<TOp>));
            machine.Run(x.Length / 2, machine.View(x), PtxMachine.Value(2), PtxMachine.Value(1), machine.View(new T[x.Length / 2]), PtxMachine.Value(0), PtxMachine.Value(op));
            AssertBits(name, Read(y), machine.Read<T>(1));
        }

        public void Update<TOp>(string name, TOp op) where TOp : unmanaged, IUpdate<T>
        {
            T[][] s = [Extremes, Extremes[1..].Append(T.One).ToArray(), [.. Extremes.Reverse()], [.. Extremes.Select(T.Abs)]];
            View<T>[] views = [.. s.Select(On)];
            Reference.Update(op, views[0], views[1], views[2], views[3]);
            var machine = new PtxMachine(Compiler.Compile(MapKernels<T, L>.Update<TOp>));
            byte[][] arguments = [.. s.Select(machine.View), PtxMachine.Value(op)];
            machine.Run(Extremes.Length, arguments);
            for (var i = 1; i < 4; i++) AssertBits(name, Read(views[i]), machine.Read<T>(i));
        }

        static View<T> On(T[] values)
        {
            var v = new View<T>(Reference.Allocate(values.Length), 0, values.Length);
            Reference.Upload(values, v);
            return v;
        }

        static T[] Read(View<T> v)
        {
            var values = new T[v.Length];
            Reference.Download(v, values);
            return values;
        }

        // All NaNs are one, and 0 is −0: ILGPU drops the addition of 0.
        static void AssertBits(string name, T[] expected, T[] actual)
        {
            Assert.Equal(expected.Length, actual.Length);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(expected[i] == actual[i] || (T.IsNaN(expected[i]) && T.IsNaN(actual[i])), $"{name}: element {i} is {actual[i]:g17} but {expected[i]:g17} on the reference.");
        }
    }
}
