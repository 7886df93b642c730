namespace Organics;

/// <summary>The words of <c>--y0</c> and <c>--a0</c>: where every neuron starts.</summary>
static class StartText
{
    public const string Otherwise = "0.01", Rest = "rest";

    /// <summary>n values.</summary>
    /// <param name="text">One number for all, n of them between commas, "rest", or @FILE.</param>
    /// <param name="option">The option, for what is said of it.</param>
    /// <param name="sort">"y" or "a", as columns are called.</param>
    /// <param name="n">The number of neuron pairs.</param>
    /// <param name="rest">Where they are at rest.</param>
    /// <exception cref="Failure">It is none of these.</exception>
    public static double[] Of(string text, string option, char sort, int n, Func<double[]> rest)
    {
        if (text == Rest) return rest();
        if (text is ['@', .. var path]) return LastRow(path, option, sort, n);
        var parts = text.Split(',');
        try
        {
            double[] values = [.. parts.Select(Setting.Number)];
            if (values.Length == 1) return [.. Enumerable.Repeat(values[0], n)];
            if (values.Length == n) return values;
        }
        catch (FormatException)
        {
            throw Failure.Usage($"{option} is '{text}', but a number, {(n > 1 ? $"{n} numbers between commas, " : "")}{Rest} or @FILE is expected.");
        }
        throw Failure.Usage(
            $"{option} has {parts.Length} numbers, but the circuit has {n} neuron pairs; give one for all or {n}.");
    }

    // Of a trajectory the columns that are named so; of numbers alone all.
    static double[] LastRow(string path, string option, char sort, int n)
    {
        var table = NumberTable.Read(path, option);
        var row = table.Rows - 1;
        if (table.Columns is not null) return [.. Enumerable.Range(0, n).Select(i => table[row, table.Column($"{sort}{i}")])];
        if (table.Width(row) != n)
            throw Failure.Usage(
                $"'{path}' has {table.Width(row)} numbers in its last row, but {option} asks for {n}, one for each neuron pair; give as many, or columns that "
                + $"are called {sort}0, {sort}1, ….");
        return [.. Enumerable.Range(0, n).Select(i => table[row, i])];
    }
}
