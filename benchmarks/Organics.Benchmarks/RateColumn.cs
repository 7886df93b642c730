using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Organics.Benchmarks;

/// <summary>A benchmark's parameter that knows how many floating point operations the benchmark does.</summary>
public interface IFlop
{
    double Flop { get; }
}

/// <summary>Adds a column with the GFLOP/s of benchmarks that have an <see cref="IFlop"/> parameter.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class RateColumnAttribute() : ColumnConfigBaseAttribute(new RateColumn());

/// <summary>Floating point operations ÷ median time, in units of 10⁹/s.</summary>
sealed class RateColumn : IColumn
{
    public string Id => nameof(RateColumn);
    public string ColumnName => "GFLOP/s";
    public string Legend => "Floating point operations ÷ median time, in units of 10⁹/s";
    public bool AlwaysShow => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public bool IsNumeric => true;
    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        => benchmarkCase.Parameters.Items.Select(p => p.Value).OfType<IFlop>().FirstOrDefault() is { } work
            && summary[benchmarkCase]?.ResultStatistics is { } time ? $"{work.Flop / time.Median:f1}" : "";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);
}
