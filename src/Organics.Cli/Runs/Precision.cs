using System.Numerics;

namespace Organics;

/// <summary>Something that runs for any kind of model, in float or in double.</summary>
interface IProgram
{
    ExitCode Run<P, T>(ModelKind<P, T> kind)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Chooses the kind of model and the numbers that a program runs with, here and nowhere else.</summary>
static class Precision
{
    public static ExitCode Run(TrainingRun run, IProgram program) => run.Precision == "double" ? Run<double>(run, program) : Run<float>(run, program);

    static ExitCode Run<T>(TrainingRun run, IProgram program) where T : unmanaged, IFloatingPointIeee754<T> => run switch
    {
        StaticRun each => program.Run(new StaticKind<T>(each)),
        SequenceRun each => CellKind.Parse(each.Cell).Open(new OfCell<T>(each, program), each.Layers ?? 1),
        _ => throw new InvalidOperationException($"No kind of model belongs to {run.GetType().Name}; add it here."),
    };

    sealed class OfCell<T>(SequenceRun run, IProgram program) : ICellProgram<T, ExitCode> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public ExitCode Run<P, C>(CellFactory<P, C, T> create)
            where P : IParameters<P, T>
            where C : IParameters<C, T>
            => program.Run(new SequenceKind<P, C, T>(run));
    }
}
