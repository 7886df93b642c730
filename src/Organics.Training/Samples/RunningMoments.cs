namespace Organics;

/// <summary>Means and deviations of rows of numbers as they come, by West's update (CACM 22, 1979), which cancels no digits.</summary>
/// <param name="width">Numbers in a row.</param>
sealed class RunningMoments(int width)
{
    readonly double[] _squares = new double[width];

    /// <summary>Rows so far.</summary>
    public long Count { get; private set; }

    /// <summary>The mean of each column.</summary>
    public double[] Mean { get; } = new double[width];

    /// <summary>The standard deviation of each column (divided by the count).</summary>
    public double[] Deviation => Array.ConvertAll(_squares, s => Math.Sqrt(s / Count));

    /// <summary>Takes in a row.</summary>
    public void Add(ReadOnlySpan<double> row)
    {
        Count++;
        for (var c = 0; c < row.Length; c++)
        {
            var away = row[c] - Mean[c];
            Mean[c] += away / Count;
            _squares[c] += away * (row[c] - Mean[c]);
        }
    }
}
