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
        SequenceRun each => program.Run(new SequenceKind<T>(each)),
        _ => throw new InvalidOperationException($"No kind of model belongs to {run.GetType().Name}; add it here."),
    };
}
