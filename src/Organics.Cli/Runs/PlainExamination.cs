using Spectre.Console;

namespace Organics;

/// <summary>A model on test samples of whose stability nothing is known.</summary>
/// <param name="Test">In the precision of the run.</param>
sealed record PlainExamination(Evaluation Test) : Examination(Test)
{
    /// <inheritdoc/>
    public override double? MaxRealPart => null;

    /// <inheritdoc/>
    public override double? StableFraction => null;

    /// <inheritdoc/>
    public override void Draw(Action<string, string> save)
    {
    }

    /// <inheritdoc/>
    public override void Write(IAnsiConsole console)
    {
    }
}
