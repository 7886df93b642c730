using System.Reflection;

namespace Organics.Laws;

/// <summary>Every formula of every library beside this assembly, found by reflection: a new one is under the laws at once.</summary>
static class FormulaCatalog
{
    static readonly (Type Interface, Type Wrapper)[] Kinds =
    [
        (typeof(IFormula1<>), typeof(Unary<,>)), (typeof(IFormula2<>), typeof(Binary<,>)),
        (typeof(IFormula3<>), typeof(Ternary<,>)), (typeof(IFormula4<>), typeof(Quaternary<,>)),
    ];

    /// <summary>The types that are formulas, in no particular precision.</summary>
    public static IReadOnlyList<Type> Types { get; } = [.. Implementations([.. Kinds.Select(k => k.Interface)])];

    /// <summary>The formulas by name.</summary>
    public static IReadOnlyDictionary<string, FormulaCase> ByName { get; } = Types.Select(Make).ToDictionary(f => f.Name);

    /// <summary>The structs that implement one of some generic interfaces.</summary>
    public static IEnumerable<Type> Implementations(params Type[] interfaces)
        => Directory.GetFiles(AppContext.BaseDirectory, "Organics.*.dll")
            .Select(path => Assembly.Load(Path.GetFileNameWithoutExtension(path)))
            .SelectMany(a => a.GetTypes())
            .Where(t => t.IsValueType && t.GetInterfaces().Any(i => i.IsGenericType && interfaces.Contains(i.GetGenericTypeDefinition())))
            .OrderBy(t => t.FullName, StringComparer.Ordinal);

    /// <summary>An instance in the given precision, with the sample constants where the type has constants.</summary>
    public static object Instance(Type type, Type scalar)
    {
        var closed = type.MakeGenericType(scalar);
        var constants = closed.GetCustomAttribute<SampleConstantsAttribute>()?.Constants ?? [];
        var constructor = closed.GetConstructors().SingleOrDefault(c => c.GetParameters().Length > 0);
        if ((constructor?.GetParameters().Length ?? 0) != constants.Count)
            throw new InvalidOperationException($"{type.Name} has constants; mark it [SampleConstants(…)] with one for each, so that it can be tested.");
        return constructor is null
            ? Activator.CreateInstance(closed)!
            : constructor.Invoke([.. constructor.GetParameters().Zip(constants, (p, c) => Convert.ChangeType(c, p.ParameterType))]);
    }

    static FormulaCase Make(Type type)
    {
        var wrapper = Kinds.Single(k => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == k.Interface)).Wrapper;
        var (single, wide) = (Wrap(typeof(float)), Wrap(typeof(double)));
        return (FormulaCase)Activator.CreateInstance(typeof(FormulaCase<,>).MakeGenericType(single.GetType(), wide.GetType()), type, single, wide)!;

        object Wrap(Type scalar)
            => Activator.CreateInstance(wrapper.MakeGenericType(type.MakeGenericType(scalar), scalar), Instance(type, scalar))!;
    }
}
