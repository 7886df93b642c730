using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Organics;

/// <summary>What a simulation came to; stdout has it with --json.</summary>
/// <param name="Status">Why it ended: ReachedEnd, SteadyState, LimitCycle, StepLimit, NotFinite or StepTooSmall.</param>
/// <param name="Method">How it was integrated.</param>
/// <param name="EndTime">When it ended.</param>
/// <param name="Steps">Steps accepted.</param>
/// <param name="Rejections">Steps rejected.</param>
/// <param name="RateEvaluations">How often the rates were computed.</param>
/// <param name="Y">Principal activity at the end, n numbers.</param>
/// <param name="A">Modulator activity at the end, n numbers.</param>
/// <param name="DistanceToFixedPoint">From the end to the fixed point of the last input; where that is constant.</param>
/// <param name="Energy">Of Theorem 4.5 at the end, for the last input; for identity recurrence.</param>
/// <param name="NoEnergy">Why there is no energy where there should be one.</param>
/// <param name="NormalizationEnergy">The energy of normalization at the end, for the last input; for identity recurrence.</param>
/// <param name="BasinLevel">The level of the certified basin.</param>
/// <param name="EndInBasin">Whether the end lies in the certified basin, from where the circuit is proven to come to rest.</param>
/// <param name="Period">Of the limit cycle that it runs on.</param>
/// <param name="Warning">That the step is too long for the method to be stable, in a sentence.</param>
/// <param name="Device">What computed the rates.</param>
/// <param name="Folder">Where the course and its pictures are.</param>
sealed record SimulationReport(
    string Status, string Method, double EndTime, int Steps, int Rejections, long RateEvaluations, double[] Y, double[] A, double? DistanceToFixedPoint,
    double? Energy, string? NoEnergy, double? NormalizationEnergy, double? BasinLevel, bool? EndInBasin, double? Period,
    string? Warning, string Device, string Folder)
{
    /// <summary>As it was given; where the input changes.</summary>
    public string[]? Stimulus { get; init; }

    /// <summary>Why there is no fixed point to measure from.</summary>
    public string? NoFixedPoint { get; init; }
}

/// <summary><c>organics simulate FILE.json</c>.</summary>
static class Simulate
{
    const string File = "FILE", TEnd = "--t-end", Method = "--method", Dt = "--dt", Y0 = "--y0", A0 = "--a0", Rtol = "--rtol", Noise = "--noise",
        Seed = "--seed", Every = "--every", Out = "--out", Json = "--json";

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
        command.Options.Add(StimulusText.Option());
        command.Options.Add(Start(Y0, "y", "where y starts"));
        command.Options.Add(Start(A0, "a", "where a starts"));
        command.Options.Add(Setting.Option(Every, "X", "Writes the course at t = 0, X, 2X, … instead of at the steps.",
            text => Setting.Number(text, positive: true)));
        command.Options.Add(Setting.Option(Noise, "X", "White noise on every equation, per √time; integrates by Euler and Maruyama.", 0.0,
            text => Setting.Number(text, positive: false)));
        command.Options.Add(Setting.Option(Seed, "N", "Of the noise.", 0, text => Setting.Whole(text, 0)));
        command.Options.Add(Devices.Option("What computes the rates; a GPU is worth while for large circuits only, and auto measures [cpu]."));
        command.Options.Add(new Option<string>(Out) { Description = "Where trajectory.csv and the pictures go [runs/simulate-FILE].", HelpName = "FOLDER" });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.SetAction(given =>
        {
            var (report, files) = Run(given);
            if (report.Warning is not null) Log.Line($"organics: {report.Warning}");
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.SimulationReport));
            else
            {
                var distance = report.DistanceToFixedPoint is { } far
                    ? $"; distance to the fixed point{(report.Stimulus is null ? "" : " of the last input")} {far:G3}" : "";
                Console.Out.WriteLine(
                    $"{report.Status} at t = {report.EndTime:G6} after {report.Steps:N0} steps of {report.Method} ({report.Rejections:N0} rejected)"
                    + $"{distance}.");
                if (report.NoFixedPoint is { } none) Console.Out.WriteLine($"No fixed point to measure from: {none}");
                if (report.Period is { } period) Console.Out.WriteLine($"It runs on a limit cycle of period {period:G6}.");
                if (report.Energy is { } energy) Console.Out.WriteLine($"Energy {energy:G4}.");
                if (report.NormalizationEnergy is { } normalization) Console.Out.WriteLine($"Energy of normalization {normalization:G4}.");
                if (report.EndInBasin == true)
                    Console.Out.WriteLine("The end lies in the certified basin, from where the circuit is proven to come to rest at the fixed point.");
                if (report.NoEnergy is { } why) Console.Out.WriteLine($"No energy: {why}");
                Console.Out.WriteLine(Printable.Of($"Written to '{report.Folder}': {string.Join(", ", files)}."));
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

    static (SimulationReport Report, IReadOnlyList<string> Files) Run(ParseResult given)
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
        var texts = given.GetValue<string[]>(StimulusText.Name) is { Length: > 0 } some ? some : null;
        var stimulus = texts is null ? null : StimulusText.Of(texts, n);
        // All that is said of rest is said of the last input, from which it is constant on.
        var lasts = stimulus is null || stimulus.ConstantFrom < end;
        var last = stimulus is not null && lasts ? stimulus.At(circuit, end) : circuit;
        // For identity recurrence there is one fixed point, and it is stable: nothing is to be searched.
        static SteadyStateSolution AtRest(Circuit c) => c.IsIdentityRecurrence ? SteadyState.Of(c) : SteadyState.StableOf(c);
        var atRest = new Lazy<SteadyStateSolution>(() => AtRest(circuit));
        var point = stimulus is null ? atRest : new(() => AtRest(last));
        double[] Rest(Func<SteadyStateSolution, double[]> of) => atRest.Value.Result.Status == SteadyStateStatus.Converged ? of(atRest.Value)
            : throw Failure.Check($"No fixed point of the circuit in '{path}' was found to start from; give numbers for {Y0} and {A0}.");
        double[] start =
        [
            .. StartText.Of(given.GetRequiredValue<string>(Y0), Y0, 'y', n, () => Rest(p => p.Y)),
            .. StartText.Of(given.GetRequiredValue<string>(A0), A0, 'a', n, () => Rest(p => p.A)),
        ];
        var every = Setting.IsIn(given, Every) ? given.GetValue<double>(Every) : (double?)null;
        if (end / every > Math.Min(MostSteps, MostNumbers / (2 * n)))
            throw Failure.Usage($"{Every} {every:G6} writes more rows up to {end:G6} than are kept of {n} pair{(n == 1 ? "" : "s")}; give a longer one.");
        string? warning = null;
        // With noise every method is Euler and Maruyama's.
        var taken = noise > 0 ? RungeKutta.Euler : method as RungeKutta;
        // Eigenvalues beyond what double holds warn of nothing; the course shows what becomes of such a circuit.
        if (fixedStep && taken is not null && point.Value.A.All(a => a > 0)
            && StabilityReport.Of(last, point.Value) is { Eigenvalues: var values, MaxRealPart: var largest } && double.IsFinite(largest))
            warning = ExplicitStability.Warning(taken, values, step);
        var where = given.GetValue<string>(Devices.Name) ?? Devices.Cpu;
        if (where == Devices.Auto)
            where = AutoDevice.Pick($"rates of {n} pairs", "an evaluation of the rates", Environment.ProcessorCount, device => Seconds(circuit, device));
        using var device = Devices.Open(where, Environment.ProcessorCount);
        var inner = System(circuit, device);
        using var memory = inner as IDisposable;
        var system = stimulus is null ? inner : new StimulatedSystem(inner, circuit, stimulus);
        OdeSolution course;
        var mostSteps = (int)Math.Min(MostSteps, MostNumbers / (2 * n));
        if (noise > 0)
        {
            // Between its steps a path with noise has no values: it steps onto the times that are asked for, and onto every change.
            double[] stops = [.. stimulus?.Discontinuities ?? [], .. every is { } grid ? Course.Times(grid, end) : []];
            if (!(end / step + stops.Length <= mostSteps))
                throw Failure.Usage(
                    $"{end:G6} in steps of {step:G6} are more than the {mostSteps:N0} that are kept of {n} pair{(n == 1 ? "" : "s")}; "
                    + $"give a shorter {TEnd} or a larger {Dt}.");
            var random = new CounterRandom((ulong)given.GetValue<int>(Seed), 0);
            var amplitude = new double[2 * n];
            Array.Fill(amplitude, noise);
            course = EulerMaruyama.Integrate(
                system, amplitude, (k, i) => random.Normal((ulong)(k * 2 * n + i)), start, 0, end, step, discontinuities: stops);
        }
        else
        {
            var options = new OdeOptions
            {
                Step = fixedStep ? step : null,
                MaxSteps = mostSteps,
                RelativeTolerance = given.GetValue<double>(Rtol),
                AbsoluteTolerance = given.GetValue<double>(Rtol) * 1e-3,
                LimitCycleTolerance = CycleTolerance,
            };
            course = Ode.Integrate(system, method, start, 0, end, stimulus?.Options(options, end) ?? options);
        }
        var folder = given.GetValue<string>(Out) ?? Path.Combine("runs", $"simulate-{CircuitInput.Name(path)}");
        var (energy, noEnergy) = lasts && circuit.IsIdentityRecurrence ? EnergyReport.Find(last) : default;
        var basin = lasts && circuit.IsIdentityRecurrence ? CertifiedBasin.Of(last) : null;
        // V falls where it is below the level, without noise, under a constant input, and where units without drive are silent.
        var isCertified = basin is not null && noise == 0 && EndIsUnderLastInput()
            && Enumerable.Range(0, n).All(i => last.Z[i] != 0 || (start[i] == 0 && course.EndState[i] == 0));
        var files = new Course(last, course, stimulus, circuit, every).Write(
            folder, lasts ? point.Value : null, energy, basin, isCertified ? basin!.Level : null);
        var state = course.EndState;
        SimulationReport report = new(
            course.Status.ToString(), noise > 0 ? EulerMaruyamas : name, course.EndTime, course.Steps, course.Rejections, course.RateEvaluations,
            state[..n].ToArray(), state[n..].ToArray(), lasts ? Course.Distance(state, point.Value) : null, energy?.Value(state[..n], state[n..]), noEnergy,
            basin is not null && basin.Energy.Value(state[..n], state[n..]) is var v && double.IsFinite(v) ? v : null,
            isCertified ? basin!.Level : null, isCertified ? basin!.Contains(state[..n], state[n..]) : null,
            double.IsNaN(course.Period) ? null : course.Period, warning, device.Name, folder)
        {
            Stimulus = texts,
            NoFixedPoint = lasts ? null : "the stimulus still changes at the end; distance and energies are those of a constant input.",
        };
        return (report, files);

        // Not where the course broke off before.
        bool EndIsUnderLastInput() => stimulus is null || course.EndTime >= stimulus.ConstantFrom;
    }

    static Option<string> Start(string name, string sort, string what) => new(name)
    {
        Description = $"One number for all, or one for each neuron between commas, that say {what}; or {StartText.Rest} for the fixed point of the file's z, "
            + $"or the last row of a CSV file: its columns {sort}0, {sort}1, …, as trajectory.csv has them, or all where it has no names.",
        HelpName = $"X|X,X,…|{StartText.Rest}|@FILE",
        DefaultValueFactory = _ => StartText.Otherwise,
    };

    static IStiffOdeSystem System(Circuit circuit, Device device)
        => device is CpuDevice ? new CircuitSystem(circuit) : new DeviceCircuitSystem(circuit, device);

    static double Seconds(Circuit circuit, Device device)
    {
        var system = System(circuit, device);
        using var memory = system as IDisposable;
        double[] state = [.. Enumerable.Repeat(0.01, 2 * circuit.N)], rate = new double[2 * circuit.N];
        return AutoDevice.Third(() => system.Rate(0, state, rate));
    }
}
