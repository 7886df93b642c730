using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>What a simulation came to; stdout has it with --json. NoEnergy says why there is no energy where there should be one.</summary>
sealed record SimulationReport(
    string Status, string Method, double EndTime, int Steps, int Rejections, long RateEvaluations, double[] Y, double[] A, double DistanceToFixedPoint,
    double? Energy, string? NoEnergy, double? NormalizationEnergy, double? BasinLevel, bool? EndInBasin, double? Period,
    string? Warning, string Device, string Folder);

/// <summary><c>organics simulate FILE.json</c>.</summary>
static class Simulate
{
    const string File = "FILE", TEnd = "--t-end", Method = "--method", Dt = "--dt", Y0 = "--y0", A0 = "--a0", Rtol = "--rtol", Noise = "--noise",
        Seed = "--seed", Out = "--out", Json = "--json";

    // Returns that agree to this part make a limit cycle once they have converged, where the integration ends.
    const double CycleTolerance = 1e-3;

    // Every step is kept: a million, and of a large circuit as many as fit half a gigabyte with their rates.
    const long MostSteps = 1_000_000, MostNumbers = 1 << 25;

    // What every method is with noise.
    const string EulerMaruyamas = "euler-maruyama";

    static readonly string[] Methods = ["dopri5", "rodas3", "rk4", "heun", "euler"];

    public static Command Command()
    {
        var command = new Command("simulate", "Integrate a circuit from a start, and write its course as CSV and SVG.");
        command.Arguments.Add(new Argument<string>(File) { Description = CircuitInput.Help });
        command.Options.Add(Setting.Option(TEnd, "X", "How long, in the unit of the time constants.", 100.0, text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Choice(Method, "How: dopri5 and rodas3 (stiff) control their step, the others need --dt.", Methods));
        command.Options.Add(Setting.Option(Dt, "X", "The step of rk4, heun and euler, and of noise [a hundredth of the shortest time constant].",
            text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(Rtol, "X", "Relative error that dopri5 and rodas3 allow in a step.", 1e-6, text => Setting.Number(text,
            string.Create(CultureInfo.InvariantCulture, $"a number below 1 that double can meet, {OdeOptions.LeastRelativeTolerance:G2} or more,"),
            x => x >= OdeOptions.LeastRelativeTolerance && x < 1)));
        command.Options.Add(Setting.Option(Y0, "X", "Where every y starts.", 0.01, Setting.Number));
        command.Options.Add(Setting.Option(A0, "X", "Where every a starts.", 0.01, Setting.Number));
        command.Options.Add(Setting.Option(Noise, "X", "White noise on every equation, per √time; integrates by Euler and Maruyama.", 0.0,
            text => Setting.Number(text, positive: false)));
        command.Options.Add(Setting.Option(Seed, "N", "Of the noise.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(Devices.Option("What computes the rates; a GPU is worth while for large circuits only, and auto measures [cpu]."));
        command.Options.Add(new Option<string>(Out) { Description = "Where trajectory.csv and the pictures go [runs/simulate-FILE].", HelpName = "FOLDER" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var report = Run(given);
            if (report.Warning is not null) Log.Line($"organics: {report.Warning}");
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.SimulationReport));
            else
            {
                Console.Out.WriteLine(
                    $"{report.Status} at t = {report.EndTime:G6} after {report.Steps:N0} steps of {report.Method} ({report.Rejections:N0} rejected); "
                    + $"distance to the fixed point {report.DistanceToFixedPoint:G3}.");
                if (report.Period is { } period) Console.Out.WriteLine($"It runs on a limit cycle of period {period:G6}.");
                if (report.Energy is { } energy) Console.Out.WriteLine($"Energy {energy:G4}.");
                if (report.NormalizationEnergy is { } normalization) Console.Out.WriteLine($"Energy of normalization {normalization:G4}.");
                if (report.EndInBasin == true)
                    Console.Out.WriteLine("The end lies in the certified basin, from where the circuit is proven to come to rest at the fixed point.");
                if (report.NoEnergy is { } why) Console.Out.WriteLine($"No energy: {why}");
                Console.Out.WriteLine(Printable.Of($"Written to '{report.Folder}'."));
            }
            if (Complaint(report) is { } complaint) Log.Line($"organics: {complaint}");
            return (int)(report.Status switch
            {
                nameof(OdeStatus.NotFinite) or nameof(OdeStatus.StepTooSmall) => ExitCode.Diverged,
                nameof(OdeStatus.StepLimit) => ExitCode.CheckFailed,
                _ => ExitCode.Done,
            });
        });
        return command;
    }

    /// <summary>Why it ended before its time, where that is no result.</summary>
    static string? Complaint(SimulationReport report) => report.Status switch
    {
        nameof(OdeStatus.NotFinite) when report.RateEvaluations <= 1
            => "the rates at the start are beyond what double holds; bring the parameters nearer to one another, or start nearer to 0.",
        nameof(OdeStatus.NotFinite)
            => $"the state leaves the range of numbers at t = {report.EndTime:G6}; "
                + $"the circuit diverges{(TakesDt(report) ? $", or {report.Method} needs a smaller {Dt}" : "")}.",
        nameof(OdeStatus.StepTooSmall)
            => $"no step is small enough at t = {report.EndTime:G6}: the circuit diverges there, or {Rtol} is tighter than rounding allows; "
                + $"give a larger {Rtol} to see which.",
        nameof(OdeStatus.StepLimit) => $"the most steps that are tried were used up at t = {report.EndTime:G6}; give a shorter {TEnd}{Longer(report)}.",
        _ => null,
    };

    // What makes longer steps is an option that the method takes: the others are refused beside it.
    static string Longer(SimulationReport report) => report.Method switch
    {
        EulerMaruyamas => $" or a larger {Dt}",
        "rodas3" => $" or a larger {Rtol}",
        _ => TakesDt(report) ? $", a larger {Dt}, or {Method} rodas3 without {Dt}" : $", a larger {Rtol}, or {Method} rodas3",
    };

    static bool TakesDt(SimulationReport report) => report.Method is not ("dopri5" or "rodas3");

    static SimulationReport Run(ParseResult given)
    {
        var path = given.GetRequiredValue<string>(File);
        var circuit = CircuitInput.Read(path);
        var n = circuit.N;
        var (end, name, noise) = (given.GetValue<double>(TEnd), given.GetValue<string>(Method)!, given.GetValue<double>(Noise));
        var shortest = Math.Min(circuit.TauY.ToArray().Min(), circuit.TauA.ToArray().Min());
        // A hundredth of the least numbers is nothing, and no step.
        var step = Setting.IsIn(given, Dt) ? given.GetValue<double>(Dt) : Math.Max(shortest / 100, double.Epsilon);
        OdeMethod method = name == "rodas3" ? Rosenbrock.Rodas3 : RungeKutta.ByName(name);
        var fixedStep = method.EmbeddedOrder == 0 || noise > 0;
        if (Setting.IsIn(given, Dt) && !fixedStep) throw Failure.Usage($"{Dt} is for rk4, heun and euler; {name} chooses its step by {Rtol}.");
        var start = new double[2 * n];
        start.AsSpan(0, n).Fill(given.GetValue<double>(Y0));
        start.AsSpan(n).Fill(given.GetValue<double>(A0));
        var point = SteadyState.StableOf(circuit);
        string? warning = null;
        // With noise every method is Euler and Maruyama's.
        var taken = noise > 0 ? RungeKutta.Euler : method as RungeKutta;
        // Eigenvalues beyond what double holds warn of nothing; the course shows what becomes of such a circuit.
        if (fixedStep && taken is not null && point.A.All(a => a > 0)
            && StabilityReport.Of(circuit, point) is { Eigenvalues: var values, MaxRealPart: var largest } && double.IsFinite(largest))
            warning = ExplicitStability.Warning(taken, values, step);
        var where = given.GetValue<string>(Devices.Name) ?? Devices.Cpu;
        if (where == Devices.Auto)
            where = AutoDevice.Pick($"rates of {n} pairs", "an evaluation of the rates", Environment.ProcessorCount, device => Seconds(circuit, device));
        using var device = Devices.Open(where, Environment.ProcessorCount);
        var system = System(circuit, device);
        using var memory = system as IDisposable;
        OdeSolution course;
        var mostSteps = (int)Math.Min(MostSteps, MostNumbers / (2 * n));
        if (noise > 0)
        {
            if (!(end / step <= mostSteps))
                throw Failure.Usage(
                    $"{end:G6} in steps of {step:G6} are more than the {mostSteps:N0} that are kept of {n} pair{(n == 1 ? "" : "s")}; "
                    + $"give a shorter {TEnd} or a larger {Dt}.");
            var random = new CounterRandom((ulong)given.GetValue<int>(Seed), 0);
            var amplitude = new double[2 * n];
            Array.Fill(amplitude, noise);
            course = EulerMaruyama.Integrate(system, amplitude, (k, i) => random.Normal((ulong)(k * 2 * n + i)), start, 0, end, step);
        }
        else course = Ode.Integrate(system, method, start, 0, end, new()
        {
            Step = fixedStep ? step : null,
            MaxSteps = mostSteps,
            RelativeTolerance = given.GetValue<double>(Rtol),
            AbsoluteTolerance = given.GetValue<double>(Rtol) * 1e-3,
            LimitCycleTolerance = CycleTolerance,
        });
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"simulate-{CircuitInput.Name(path)}");
        var (energy, noEnergy) = circuit.IsIdentityRecurrence ? EnergyReport.Find(circuit) : default;
        var basin = circuit.IsIdentityRecurrence ? CertifiedBasin.Of(circuit) : null;
        // V falls where it is below the level, without noise and where units without drive are silent.
        var isCertified = basin is not null && noise == 0 && Enumerable.Range(0, n).All(i => circuit.Z[i] != 0 || start[i] == 0);
        Write(folder, circuit, course, point, energy, basin, isCertified);
        var state = course.EndState;
        return new(
            course.Status.ToString(), noise > 0 ? EulerMaruyamas : name, course.EndTime, course.Steps, course.Rejections, course.RateEvaluations,
            state[..n].ToArray(), state[n..].ToArray(), Distance(state, point), energy?.Value(state[..n], state[n..]), noEnergy,
            basin is not null && basin.Energy.Value(state[..n], state[n..]) is var last && double.IsFinite(last) ? last : null,
            isCertified ? basin!.Level : null, isCertified ? basin!.Contains(state[..n], state[n..]) : null,
            double.IsNaN(course.Period) ? null : course.Period, warning, device.Name, folder);
    }

    static IStiffOdeSystem System(Circuit circuit, Device device)
        => device is CpuDevice ? new CircuitSystem(circuit) : new DeviceCircuitSystem(circuit, device);

    static double Seconds(Circuit circuit, Device device)
    {
        var system = System(circuit, device);
        using var memory = system as IDisposable;
        double[] state = [.. Enumerable.Repeat(0.01, 2 * circuit.N)], rate = new double[2 * circuit.N];
        return AutoDevice.Third(() => system.Rate(0, state, rate));
    }

    static double Distance(ReadOnlySpan<double> state, SteadyStateSolution point)
    {
        double sum = 0;
        for (var i = 0; i < point.Y.Length; i++)
            sum += Math.Pow(state[i] - point.Y[i], 2) + Math.Pow(state[point.Y.Length + i] - point.A[i], 2);
        return Math.Sqrt(sum);
    }

    static void Write(string folder, Circuit circuit, OdeSolution course, SteadyStateSolution point, CircuitEnergy? energy, CertifiedBasin? basin,
        bool isCertified)
    {
        const int MostRows = 2000;
        Directory.CreateDirectory(folder);
        var n = circuit.N;
        var count = course.Times.Length;
        // Evenly thinned: a picture shows no more, and a table of a million rows serves nobody.
        int[] rows = [.. Enumerable.Range(0, Math.Min(count, MostRows)).Select(k => count <= MostRows ? k : (int)((long)k * (count - 1) / (MostRows - 1)))];
        var times = rows.Select(k => course.Times[k]).ToArray();
        var (v, normalization, distance) = (new double[rows.Length], new double[rows.Length], new double[rows.Length]);
        var csv = new StringBuilder("t");
        foreach (var sort in (string[])["y", "a"])
            for (var i = 0; i < n; i++) csv.Append(CultureInfo.InvariantCulture, $",{sort}{i}");
        csv.Append(",distance").Append(energy is null ? "" : ",energy").Append(basin is null ? "\n" : ",normalization_energy\n");
        for (var r = 0; r < rows.Length; r++)
        {
            var state = course.State(rows[r]);
            (distance[r], v[r]) = (Distance(state, point), energy?.Value(state[..n], state[n..]) ?? double.NaN);
            // Infinite, where a unit has not the sign of its drive: a gap.
            normalization[r] = basin?.Energy.Value(state[..n], state[n..]) is { } value && double.IsFinite(value) ? value : double.NaN;
            csv.Append(CultureInfo.InvariantCulture, $"{times[r]:R}");
            foreach (var x in state) csv.Append(CultureInfo.InvariantCulture, $",{x:R}");
            csv.Append(CultureInfo.InvariantCulture, $",{distance[r]:R}");
            if (energy is not null) csv.Append(CultureInfo.InvariantCulture, $",{v[r]:R}");
            if (basin is not null) csv.Append(',').Append(double.IsNaN(normalization[r]) ? "" : normalization[r].ToString("R", CultureInfo.InvariantCulture));
            csv.Append('\n');
        }
        Save(folder, "trajectory.csv", csv.ToString());
        PlotSeries Series(string name, int component) => new(name, times, rows.Select(k => course.State(k)[component]).ToArray());
        const int MostCurves = 12;
        Save(folder, "y.svg", SvgPlot.Lines("Principal activity", "t", "y", [.. Enumerable.Range(0, Math.Min(n, MostCurves)).Select(i => Series($"y{i}", i))]));
        Save(folder, "a.svg",
            SvgPlot.Lines("Modulator activity", "t", "a", [.. Enumerable.Range(0, Math.Min(n, MostCurves)).Select(i => Series($"a{i}", n + i))]));
        Save(folder, "distance.svg",
            SvgPlot.Lines("Distance to the normalization fixed point", "t", "‖(y, a) − (y*, a*)‖", [new("distance", times, distance)], logarithmic: true));
        if (energy is not null) Save(folder, "energy.svg", SvgPlot.Lines("Energy of Theorem 4.5", "t", "V", [new("V", times, v)], logarithmic: true));
        if (basin is not null)
            Save(folder, "normalization-energy.svg", SvgPlot.Lines(
                "Energy of normalization", "t", "V",
                [
                    new("V", times, normalization),
                    .. isCertified
                        ? (PlotSeries[])[new("level of the certified basin", new[] { times[0], times[^1] }, new[] { basin.Level, basin.Level })] : [],
                ], logarithmic: true));
    }

    /// <summary>Writes a text file, all or nothing.</summary>
    public static void Save(string folder, string name, string text)
        => AtomicFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
