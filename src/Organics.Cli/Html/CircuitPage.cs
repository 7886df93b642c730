using System.Numerics;

namespace Organics;

/// <summary>The page of a circuit: what <see cref="CircuitReport"/> knows, and of one pair a phase portrait that follows its sliders.</summary>
static class CircuitPage
{
    /// <summary>The page.</summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="r">What is known of it.</param>
    /// <param name="path">The file it came from.</param>
    public static HtmlReport Of(Circuit circuit, CircuitReport r, string path)
    {
        var page = new HtmlReport($"The circuit {Path.GetFileName(path)}").Section("Fixed point");
        foreach (var sentence in CircuitCommand.FixedPoint(r)) page.Text(sentence);
        string[] columns = ["pair", "y", "a", "y⁺ = ⌊y⌋²"];
        page.Table("Fixed point of every pair", r.Basin is null ? columns : [.. columns, "Y"], Enumerable.Range(0, r.N).Select(i =>
        {
            string[] row = [$"{i}", HtmlReport.Show(r.Y[i]), HtmlReport.Show(r.A[i]), HtmlReport.Show(Math.Pow(Math.Max(r.Y[i], 0), 2))];
            return r.Basin is { } basin ? [.. row, HtmlReport.Show(basin.LargestY[i])] : row;
        }));
        page.Section("Stability").Text(CircuitCommand.Verdict(r));
        foreach (var sentence in CircuitCommand.Theory(r)) page.Text(sentence);
        page.Table("Hypotheses of the certificate", ["hypothesis", "holds", "margin"],
            r.Certificate.Hypotheses.Select(h => (string[])[h.Statement, h.Holds ? "yes" : "no", HtmlReport.Show(h.Margin ?? double.NaN)]));
        if (r.Eigenvalues.Length > 0)
        {
            page.ComplexPlane("Eigenvalues of the Jacobian", [new("λ", Array.ConvertAll(r.Eigenvalues, v => v[0]), Array.ConvertAll(r.Eigenvalues, v => v[1]))],
                "per unit of time");
            page.Table("Modes", ["eigenvalue", "frequency", "damping"], CircuitMode.Of(r.Eigenvalues.Select(v => new Complex(v[0], v[1])))
                .Select(m => (string[])[Show(m.Eigenvalue), HtmlReport.Show(m.Frequency), HtmlReport.Show(m.DampingRatio)]));
        }
        page.Section("Phase portrait");
        if (r.N == 1)
            page.Text("Move a slider: fixed points, nullclines and stability follow, as the page itself computes them, without the proofs above.")
                .Portrait("The plane of y and a", new(
                    circuit.Wr[0], circuit.W[0], circuit.B[0], circuit.B0[0], circuit.Sigma[0], circuit.Z[0], circuit.TauY[0], circuit.TauA[0]));
        else page.Text($"A portrait in the plane is of one pair; this circuit has {r.N}, so that its state has {2 * r.N} numbers.")
            .Map("Normalization weights W", "target neuron", "source neuron", circuit.W, r.N, r.N)
            .Map("Recurrent weights Wr", "target neuron", "source neuron", circuit.Wr, r.N, r.N);
        page.Section("Parameters").Table("Of every pair", ["pair", "z", "b", "b0", "σ", "τ_y", "τ_a"], Enumerable.Range(0, r.N).Select(i =>
        {
            double[] values = [circuit.Z[i], circuit.B[i], circuit.B0[i], circuit.Sigma[i], circuit.TauY[i], circuit.TauA[i]];
            return (string[])[$"{i}", .. values.Select(HtmlReport.Show)];
        }));
        if (r.N == 1) page.Text($"w = {HtmlReport.Show(circuit.W[0])}, wr = {HtmlReport.Show(circuit.Wr[0])}.");
        return page.WhatRan();
    }

    static string Show(Complex v)
        => v.Imaginary == 0 ? HtmlReport.Show(v.Real) : $"{HtmlReport.Show(v.Real)} ± {HtmlReport.Show(v.Imaginary)}i";
}
