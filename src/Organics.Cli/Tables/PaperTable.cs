namespace Organics;

/// <summary>
/// A table of the paper (Rawat, Heeger and Martiniani, NeurIPS 2024): all its systems, trained by the same trainer on the same split. Each trains without
/// clipping unless its authors clip.
/// </summary>
/// <param name="Name">As `organics reproduce` takes it.</param>
/// <param name="Title">What it compares.</param>
/// <param name="Rows">In the order of the paper; beyond it, those that a reader of today expects.</param>
sealed record PaperTable(string Name, string Title, IReadOnlyList<TableRow> Rows)
{
    static readonly Guarantee FeedForward = new(null, "none, for it has no dynamics"),
        Network = new(null, "none; its time constants and weights decide"),
        Learned = new(null, "none for a learned Wr; the eigenvalues are judged at each fixed point, once it is proven to be one"),
        Identity = new("Theorem 4.1", "with Wr = I every fixed point is stable, for every input and all time constants"),
        Gains = new(null, "none; the theorems have fixed gains, here b and b0 move"),
        Gated = new(null, "none"),
        Skew = new(null, "none of its steps; the ODE's Jacobian D(W − Wᵀ − γI), D = tanh' ≥ 0, has no Re λ > 0 in any state, but Euler's steps "
            + "may leave |μ| < 1"),
        Bounded = new(null, "none that it comes to rest; its states stay bounded for small Δt (Rusch and Mishra 2021)"),
        Lipschitz = new(null, "none as it is trained; one where the symmetric part of A outweighs W (Erichson et al. 2021), which training does not keep");

    /// <summary>Digits as a whole.</summary>
    public static PaperTable Static { get; } = new("table1", "MNIST, each image at once",
    [
        Of("mlp-50", "MLP 50: rectified units in the circuit's place", 98.2, "--model mlp --hidden 50", FeedForward),
        Of("ssn-50-50", "SSN 50:50, a stabilized supralinear network", 94.9, "--model ssn --excitatory 50 --inhibitory 50", Network),
        Of("ssn-50-50-grown", "SSN 50:50, grown from two neurons before (Soo & Lengyel 2022)", 94.9, "--model ssn --excitatory 50 --inhibitory 50 --growth", Network),
        Of("ssn-80-20", "SSN 80:20", 95.2, "--model ssn --excitatory 80 --inhibitory 20", Network),
        Of("ssn-80-20-grown", "SSN 80:20, grown likewise", 95.2, "--model ssn --excitatory 80 --inhibitory 20 --growth", Network),
        Of("organics-50", "ORGaNICs 50:50", 98.1, "--hidden 50", Learned),
        Of("organics-50-identity", "ORGaNICs 50:50, Wr = I", null, "--hidden 50 --recurrence identity", Identity),
        Of("organics-80", "ORGaNICs 80:80", 98.2, "--hidden 80", Learned),
        Of("organics-120-60", "ORGaNICs, two layers of 120 and 60", 98.1, "--hidden 120,60", Learned),
    ]);

    /// <summary>Pixel by pixel.</summary>
    public static PaperTable Sequences { get; } = new(
        "table2", "MNIST pixel by pixel, in order (s) and permuted (ps)", [.. Of("s", ""), .. Of("ps", " --permuted")]);

    /// <summary>The tables there are.</summary>
    public static IReadOnlyList<PaperTable> All { get; } = [Static, Sequences];

    static TableRow Of(string name, string system, double? published, string words, Guarantee guarantee)
        => new(name, system, published, StaticRun.Name, $"{words} --epochs 25 --lr 0.005", guarantee);

    static IEnumerable<TableRow> Of(string task, string permuted)
    {
        var inOrder = permuted.Length == 0;
        // The more pairs, the stronger the pool that they share: a smaller semisaturation leaves them the range that they need.
        const string Wide = "--sigma 0.3";
        // Steps of the circuit: with longer ones the permuted pixels, whose neighbours are not alike, are kept apart.
        var steps = inOrder ? "y=0.1,a=0.1,b=1" : "y=0.6,a=0.6,b=1";
        TableRow Row(string name, string system, double ordered, double shuffled, string words, Guarantee guarantee)
            => new($"{task}-{name}", $"{system}, {task}MNIST", inOrder ? ordered : shuffled, SequenceRun.Name, words + permuted, guarantee);
        TableRow Circuit(string name, string system, double ordered, double shuffled, string words)
            => Row(name, system, ordered, shuffled, $"{words} --dt-tau-max {steps} --lr 0.02 --batch 64 --epochs {(inOrder ? 50 : 20)}", Gains);

        yield return Circuit("organics-64", "ORGaNICs 64", 97.7, 89.9, "--units 64");
        yield return Circuit("organics-64-fixed", "ORGaNICs 64, fixed τ", 90.3, 80.3, "--units 64 --time-constants fixed");
        yield return Circuit("organics-128", "ORGaNICs 128", 97.8, 90.7, $"--units 128 {Wide}");
        yield return Circuit("organics-128-fixed", "ORGaNICs 128, fixed τ", 94.8, 84.8, $"--units 128 --time-constants fixed {Wide}");
        yield return Row("lstm-128", "LSTM 128", 97.3, 92.6, "--cell lstm --units 128 --lr 0.016 --batch 128 --clip 1 --weight-decay 0 --epochs 30", Gated);
        yield return Row("cornn-128", "coRNN 128", 99.3, 96.6,
            "--cell cornn --units 128 --batch 120 --weight-decay 0 --schedule step:100:0.1 --epochs 120 "
                + (inOrder ? "--cell-settings dt=0.042,gamma=2.7,epsilon=4.7 --lr 0.0021" : "--cell-settings dt=0.076,gamma=0.4,epsilon=8 --lr 0.0054"),
            Bounded);
        yield return Row("lipschitz-128", "Lipschitz RNN 128", 99.4, 96.3,
            $"--cell lipschitz --units 128 --cell-settings epsilon=0.03,beta=0.75,gamma=0.001 --lr {(inOrder ? "0.003" : "0.0035")} --batch 128 "
                + "--weight-decay 0 --schedule step:90:0.1 --epochs 100",
            Lipschitz);
        yield return Row("antisymmetric-128", "AntisymmetricRNN 128", 98.0, 95.8,
            "--cell antisymmetric --units 128 --cell-settings epsilon=0.1,gamma=0.001,sigma=1 --lr 0.003 --batch 128 --weight-decay 0 --epochs 60", Skew);
        var gru = Row("gru-128", "GRU 128", 0, 0, "--cell gru --units 128 --lr 0.004 --batch 128 --clip 1 --weight-decay 0 --epochs 30", Gated);
        yield return gru with { Published = null };
        yield return Row("lem-128", "LEM 128", 0, 0,
            $"--cell lem --units 128 --cell-settings dt={(inOrder ? "0.21" : "0.31")} --lr {(inOrder ? "0.0018" : "0.0073")} --batch 128 "
                + $"--clip {(inOrder ? "1" : "1.1")} "
                + "--weight-decay 0 --schedule step:100:0.1 --epochs 120", Gated) with
        { Published = null };
    }
}
