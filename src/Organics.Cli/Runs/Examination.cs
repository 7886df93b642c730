using Spectre.Console;

namespace Organics;

/// <summary>A trained model on test images: how well it does, and whether its circuits are stable.</summary>
/// <param name="Test">In the precision of the run.</param>
abstract record Examination(Evaluation Test)
{
    /// <summary>One row for each true class; null where numbers are asked for.</summary>
    public int[][]? Confusion
    {
        get
        {
            if (Test.Confusion is null) return null;
            var classes = Test.Confusion.GetLength(0);
            return [.. Enumerable.Range(0, classes).Select(i => Enumerable.Range(0, classes).Select(j => Test.Confusion[i, j]).ToArray())];
        }
    }

    /// <summary>The largest real part of an eigenvalue; null where none is looked at.</summary>
    public abstract double? MaxRealPart { get; }

    /// <summary>The share of what was examined that is stable; null where nothing is.</summary>
    public abstract double? StableFraction { get; }

    /// <summary>The unit of eigenvalues.</summary>
    public virtual string RateUnit => "1/Δt";

    /// <summary>Whether what the theory promises of the model holds.</summary>
    public virtual ExitCode Verdict => ExitCode.Done;

    /// <summary>Says on stderr what the verdict rests on, where it is not good.</summary>
    public virtual void LogFailure()
    {
    }

    /// <summary>What the model's file might hold and does not, each in a sentence: what was taken out of it cannot be checked.</summary>
    public virtual IEnumerable<string> Lacking => [];

    /// <summary>Writes what is certified into the metadata of the model's file.</summary>
    public virtual void Store(string folder)
    {
    }

    /// <summary>The pictures of the model; those of its training are drawn for every kind.</summary>
    public abstract void Draw(Action<string, string> save);

    /// <summary>The same, and what is certified, in words, for the page of the run.</summary>
    public abstract void Show(HtmlReport page);

    /// <summary>The stability for people.</summary>
    public abstract void Write(IAnsiConsole console);

    /// <summary>What only this kind of model has in the result for programs.</summary>
    public virtual TrainingResult Complete(TrainingResult result) => result;

    /// <inheritdoc cref="Complete(TrainingResult)"/>
    public virtual EvalResult Complete(EvalResult result) => result;
}
