using System.Numerics;

namespace Organics.Laws;

/// <summary>A formula as the laws see it: its value and cotangents on every carrier, whatever its type.</summary>
abstract class FormulaCase(Type type, int arity)
{
    /// <summary>The formula's name, as in errors.</summary>
    public string Name { get; } = type.Name.Split('`')[0];

    /// <summary>How many inputs it has.</summary>
    public int Arity { get; } = arity;

    /// <summary>Where input i may be tested.</summary>
    public DomainAttribute Domain(int i)
        => type.GetCustomAttributes(typeof(DomainAttribute), false).Cast<DomainAttribute>().SingleOrDefault(d => d.Input == i) ?? new(i, -8, 8);

    /// <summary>The value and the cotangents of the inputs at x for the cotangent g, in binary64.</summary>
    public abstract double[] Double(double[] x, double g);

    /// <summary>The same in binary32.</summary>
    public abstract float[] Single(float[] x, float g);

    /// <summary>∂f/∂x with i = <paramref name="input"/> by a dual number.</summary>
    public abstract double DualDerivative(double[] x, int input);

    /// <summary>
    /// Value and cotangents of many points on the carriers of T: rows are the inputs, then g; the result's rows are the value, then the cotangents.
    /// </summary>
    public abstract T[][] On<T>(string carrier, T[][] columns) where T : unmanaged, IFloatingPointIeee754<T>;
}

sealed class FormulaCase<PF, PD>(Type type, PF single, PD wide) : FormulaCase(type, PD.Arity)
    where PF : unmanaged, IPointwise<float>
    where PD : unmanaged, IPointwise<double>
{
    public override double[] Double(double[] x, double g)
        => Array.ConvertAll(Evaluate<PD, Lane64, double>(wide, Array.ConvertAll(x, v => new Lane64(v)), new(g)), v => v.Value);

    public override float[] Single(float[] x, float g)
        => Array.ConvertAll(Evaluate<PF, Lane32, float>(single, Array.ConvertAll(x, v => new Lane32(v)), new(g)), v => v.Value);

    public override double DualDerivative(double[] x, int input)
    {
        var duals = new Dual<Lane64, double>[4];
        for (var i = 0; i < Arity; i++) duals[i] = new(new(x[i]), new(i == input ? 1 : 0));
        return wide.F(duals[0], duals[1], duals[2], duals[3]).Du.Value;
    }

    public override T[][] On<T>(string carrier, T[][] columns)
        => (columns, carrier) switch
        {
            (float[][] c, "lane") => (T[][])(object)Lanes<PF, Lane32, float>(single, c),
            (float[][] c, "128") => (T[][])(object)Vectors<PF, Simd128<float>, float>(single, c),
            (float[][] c, "256") => (T[][])(object)Vectors<PF, Simd256<float>, float>(single, c),
            (float[][] c, "512") => (T[][])(object)Vectors<PF, Simd512<float>, float>(single, c),
            (double[][] c, "lane") => (T[][])(object)Lanes<PD, Lane64, double>(wide, c),
            (double[][] c, "128") => (T[][])(object)Vectors<PD, Simd128<double>, double>(wide, c),
            (double[][] c, "256") => (T[][])(object)Vectors<PD, Simd256<double>, double>(wide, c),
            (double[][] c, "512") => (T[][])(object)Vectors<PD, Simd512<double>, double>(wide, c),
            _ => throw new ArgumentException($"There is no carrier {carrier} of {typeof(T)}."),
        };

    static V[] Evaluate<P, V, T>(P op, V[] x, V g)
        where P : unmanaged, IPointwise<T>
        where V : struct, IReal<V, T>
    {
        V At(int i) => i < P.Arity ? x[i] : V.Zero;
        var y = op.F(At(0), At(1), At(2), At(3));
        var (a, b, c, d) = op.Vjp(At(0), At(1), At(2), At(3), P.Arity == 1 ? y : V.Zero, g);
        V[] all = [y, a, b, c, d];
        return all[..(1 + P.Arity)];
    }

    static T[][] Lanes<P, V, T>(P op, T[][] columns)
        where P : unmanaged, IPointwise<T>
        where V : struct, ILane<V, T>
    {
        var results = Rows<T>(P.Arity, columns[0].Length);
        for (var i = 0; i < columns[0].Length; i++)
        {
            var r = Evaluate<P, V, T>(op, [.. columns[..^1].Select(c => V.Of(c[i]))], V.Of(columns[^1][i]));
            for (var k = 0; k < r.Length; k++) results[k][i] = r[k].Value;
        }
        return results;
    }

    static T[][] Vectors<P, V, T>(P op, T[][] columns)
        where P : unmanaged, IPointwise<T>
        where V : struct, ISimdReal<V, T>
    {
        var results = Rows<T>(P.Arity, columns[0].Length);
        for (var i = 0; i < columns[0].Length; i += V.Count)
        {
            var r = Evaluate<P, V, T>(op, [.. columns[..^1].Select(c => V.Load(in c[0], i))], V.Load(in columns[^1][0], i));
            for (var k = 0; k < r.Length; k++) V.Store(r[k], ref results[k][0], i);
        }
        return results;
    }

    static T[][] Rows<T>(int arity, int length) => [.. Enumerable.Range(0, 1 + arity).Select(_ => new T[length])];
}
