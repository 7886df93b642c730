using System.Numerics;

namespace Organics;

/// <summary>A cell of a kind with its parameters, at the beginning of a training.</summary>
/// <typeparam name="P">Its trained parameters.</typeparam>
/// <typeparam name="C">What a step uses of them.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Cell">The cell.</param>
/// <param name="Parameters">Initial values.</param>
/// <param name="State">The state before the first step, the same for every sample; not trained. Each part of shape [units].</param>
public sealed record NewCell<P, C, T>(IRecurrentCell<P, C, T> Cell, P Parameters, IReadOnlyList<Tensor<T>> State)
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The names of the state in a file, where it is drawn and must be kept; null where it is 0.</summary>
    public IReadOnlyList<string>? StateNames { get; init; }
}

/// <summary>Makes a cell.</summary>
/// <param name="size">How large it is.</param>
/// <param name="settings">The settings of its kind, all of them.</param>
/// <param name="init">Draws parameters.</param>
/// <param name="state">Draws the state before the first step.</param>
public delegate NewCell<P, C, T> CellFactory<P, C, T>(CellSize size, IReadOnlyDictionary<string, string> settings, Initializer<T> init, Initializer<T> state)
    where P : IParameters<P, T>
    where C : IParameters<C, T>
    where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>How large a cell is, and for how long a sequence it is made.</summary>
/// <param name="Units">Numbers in each part of its state.</param>
/// <param name="Channels">Numbers that it is shown at each step.</param>
/// <param name="Steps">Steps of a sequence, which initial values may follow.</param>
public readonly record struct CellSize(int Units, int Channels, int Steps);

/// <summary>Something that runs for any kind of cell.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="R">What it gives.</typeparam>
public interface ICellProgram<T, out R> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Runs for one kind.</summary>
    R Run<P, C>(CellFactory<P, C, T> create)
        where P : IParameters<P, T>
        where C : IParameters<C, T>;
}

/// <summary>What is known of a kind of recurrent cell by its name. A new cell is its file and a line in <see cref="All"/>.</summary>
public abstract class CellKind
{
    /// <summary>Every kind.</summary>
    public static IReadOnlyList<CellKind> All { get; } = [new OrganicsKind(), new LstmKind(), new GruKind(), new RnnKind(), new AntisymmetricKind(), new CoRnnKind(), new LipschitzKind(), new LemKind()];

    /// <summary>The kind of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static CellKind Parse(string name) => All.FirstOrDefault(kind => kind.Name == name)
        ?? throw new FormatException($"{string.Join(" or ", All.Select(kind => kind.Name))} is expected{(Suggestion.Nearest(name, All.Select(kind => kind.Name)) is { } meant ? $"; did you mean {meant}?" : ".")}");

    /// <summary>As in <c>--cell NAME</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What stands before the names of its parameters in a file.</summary>
    public abstract string Prefix { get; }

    /// <summary>One sentence, with its source.</summary>
    public abstract string Description { get; }

    /// <summary>The learning rate of Adam that suits it.</summary>
    public abstract double LearningRate { get; }

    /// <summary>The settings that it has beside its size, with the values for sequences of so many steps.</summary>
    public virtual IReadOnlyDictionary<string, string> Settings(int steps) => new Dictionary<string, string>();

    // What a setting is where a file does not say it, because there was no choice when it was written; null where every file says it.
    internal virtual string? Unsaid(string setting) => null;

    /// <summary>Refuses settings that make no sense.</summary>
    /// <param name="settings">All of the kind's.</param>
    /// <exception cref="FormatException">One does not, in words.</exception>
    public virtual void Check(IReadOnlyDictionary<string, string> settings)
    {
    }

    /// <summary>The shapes, by name, of the parameters that tell its size: enough to see whether a file can hold such a cell before one is made.</summary>
    public abstract IEnumerable<(string Name, int[] Shape)> Sizes(CellSize size);

    /// <summary>Runs a program with a factory of stacked layers of this kind (<see cref="StackedCell{P, C, T}"/>).</summary>
    /// <param name="program">The program.</param>
    /// <param name="layers">How many, at least one.</param>
    public R Open<T, R>(ICellProgram<T, R> program, int layers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        return layers == 1 ? Open(program) : Open(new Stacking<T, R>(program, layers));
    }

    sealed class Stacking<T, R>(ICellProgram<T, R> program, int layers) : ICellProgram<T, R> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public R Run<P, C>(CellFactory<P, C, T> create)
            where P : IParameters<P, T>
            where C : IParameters<C, T>
            => program.Run<Layers<P, T>, Layers<C, T>>((size, settings, init, state) =>
            {
                NewCell<P, C, T>[] each = [.. Enumerable.Range(0, layers).Select(k => create(k == 0 ? size : size with { Channels = size.Units }, settings, init, state))];
                return new(new StackedCell<P, C, T>([.. each.Select(layer => layer.Cell)]), new([.. each.Select(layer => layer.Parameters)]),
                    [.. each.Reverse().SelectMany(layer => layer.State)])
                {
                    StateNames = each[0].StateNames is { } names
                        ? [.. Enumerable.Range(0, layers).Reverse().SelectMany(k => names.Select(name => Layers.NameIn(k, name)))] : null,
                };
            });
    }

    /// <summary>Runs a program with the factory of this kind.</summary>
    public abstract R Open<T, R>(ICellProgram<T, R> program) where T : unmanaged, IFloatingPointIeee754<T>;
}
