using System.Numerics;
using System.Reflection;

namespace Organics.Contract;

/// <summary>Does something with one formula whose type is only known at run time.</summary>
/// <typeparam name="T">float or double.</typeparam>
public interface IFormulaVisitor<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    void Map<TOp>(string name, TOp op) where TOp : unmanaged, IPointwise<T>;

    void Reduce<TOp>(string name, TOp op) where TOp : unmanaged, IReduction<T>;

    void Update<TOp>(string name, TOp op) where TOp : unmanaged, IUpdate<T>;
}

/// <summary>The formulas of the libraries and of these tests, found by reflection.</summary>
public static class KnownFormulas
{
    static readonly (Type Interface, Type? Wrapper, string Method)[] Sorts =
    [
        (typeof(IFormula1<>), typeof(Unary<,>), nameof(IFormulaVisitor<float>.Map)),
        (typeof(IFormula2<>), typeof(Binary<,>), nameof(IFormulaVisitor<float>.Map)),
        (typeof(IFormula3<>), typeof(Ternary<,>), nameof(IFormulaVisitor<float>.Map)),
        (typeof(IFormula4<>), typeof(Quaternary<,>), nameof(IFormulaVisitor<float>.Map)),
        (typeof(IReduction<>), null, nameof(IFormulaVisitor<float>.Reduce)),
        (typeof(IUpdate<>), null, nameof(IFormulaVisitor<float>.Update)),
    ];

    static readonly Dictionary<string, Type> Types = new[] { typeof(IFormula1<>).Assembly, typeof(AdamUpdate<>).Assembly, typeof(KnownFormulas).Assembly }
        .SelectMany(a => a.GetTypes())
        .Where(t => t is { IsValueType: true, IsGenericTypeDefinition: true } && t.GetGenericArguments().Length == 1 && Sorts.Any(s => Implements(t, s.Interface)))
        .ToDictionary(t => t.Name.Split('`')[0]);

    /// <summary>The names of all formulas, reductions and updates.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Types.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes the formula with its sample constants and hands it to the visitor.</summary>
    public static void Visit<T>(string name, IFormulaVisitor<T> visitor) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var definition = Types[name];
        var type = definition.MakeGenericType(typeof(T));
        var constants = definition.GetCustomAttribute<SampleConstantsAttribute>()?.Constants ?? [];
        var op = Activator.CreateInstance(type, [.. constants.Select(c => (object)T.CreateTruncating(c))])!;
        foreach (var (i, wrapper, method) in Sorts)
        {
            if (!Implements(definition, i)) continue;
            if (wrapper is not null)
            {
                type = wrapper.MakeGenericType(type, typeof(T));
                op = Activator.CreateInstance(type, op)!;
            }
            typeof(IFormulaVisitor<T>).GetMethod(method)!.MakeGenericMethod(type).Invoke(visitor, BindingFlags.DoNotWrapExceptions, null, [name, op], null);
            return;
        }
    }

    static bool Implements(Type t, Type definition) => t.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == definition);
}

/// <summary>A four-input formula with a kink and a root, as a fused circuit step has them: −y + d + (1 − √⌊a⌋)·r.</summary>
public readonly struct Drive<T> : IFormula4<T>
{
    public V F<V>(V a, V b, V c, V d) where V : struct, IReal<V, T> => b - a + (V.One - V.Sqrt(V.Max(V.Zero, c))) * d;

    public (V A, V B, V C, V D) Vjp<V>(V a, V b, V c, V d, V g) where V : struct, IReal<V, T>
    {
        var s = V.Sqrt(V.Max(V.Zero, c));
        return (-g, g, V.IfLess(V.Zero, c, -(g * d * V.Half / s), V.Zero), g * (V.One - s));
    }
}
