#:property PublishAot=false

// Opens pages of the tool in headless Chromium and looks at them by its DevTools protocol: they open without an error and ask no network for anything, their
// charts are drawn, zoom and are named for screen readers, the values under the cursor are those of the data, contours lie where the data say, dark mode and
// print have colours of their own, and sliders change a portrait to what the library says. Screenshots are left in a folder:
// dotnet run tools/check-pages/check-pages.cs -- CHROMIUM ORGANICS FOLDER PAGE.html…

using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

var (chromium, organics, shots) = (args[0], args[1], Directory.CreateDirectory(args[2]).FullName);
var profile = Directory.CreateTempSubdirectory("organics-chromium-").FullName;
var failures = 0;
using var browser = Process.Start(new ProcessStartInfo(chromium,
    [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", $"--user-data-dir={profile}",
        "--remote-debugging-port=0", "--window-size=1000,900", "about:blank",
    ])
{
    RedirectStandardError = true,
    RedirectStandardOutput = true,
})!;
browser.ErrorDataReceived += (_, _) => { };
browser.BeginErrorReadLine();
browser.BeginOutputReadLine();
try
{
    var port = await PortAsync();
    using var http = new HttpClient();
    var targets = JsonNode.Parse(await http.GetStringAsync($"http://127.0.0.1:{port}/json/list"))!.AsArray();
    using var page = await DevTools.Of(targets.First(t => (string?)t!["type"] == "page")!["webSocketDebuggerUrl"]!.ToString());
    foreach (var domain in (string[])["Page", "Runtime", "Log", "Network", "Accessibility"]) await page.Send($"{domain}.enable");
    foreach (var file in args[3..])
        try
        {
            // A run's page is named as its folder.
            var name = Path.GetFileNameWithoutExtension(file);
            await Look(page, Path.GetFullPath(file), name == "report" ? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file)))! : name);
        }
        catch (InvalidOperationException error)
        {
            failures++;
            Console.Error.WriteLine($"   {file}: {error.Message}");
        }
    try
    {
        await Live(page);
    }
    catch (InvalidOperationException error)
    {
        failures++;
        Console.Error.WriteLine($"   train --watch: {error.Message}");
    }
    await page.Send("Browser.close");
}
finally
{
    if (!browser.WaitForExit(5000)) browser.Kill(entireProcessTree: true);
    Directory.Delete(profile, recursive: true);
}
return failures == 0 ? 0 : 1;

async Task<int> PortAsync()
{
    var file = Path.Combine(profile, "DevToolsActivePort");
    for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(30) && !browser.HasExited; await Task.Delay(50))
        if (File.Exists(file) && File.ReadAllLines(file) is [var first, ..]) return int.Parse(first, CultureInfo.InvariantCulture);
    throw new InvalidOperationException($"{chromium} opened no port for its DevTools; run it by hand to see why.");
}

// A training's page grows with it, and at its end holds what came of it.
async Task Live(DevTools page)
{
    await Media(page, "screen", "light");
    var folder = Directory.CreateTempSubdirectory("organics-watched-").FullName;
    using var training = Process.Start(new ProcessStartInfo(organics, ["train", "static", "--epochs", "6", "--out", Path.Combine(folder, "run"), "--watch"])
    {
        RedirectStandardError = true,
        RedirectStandardOutput = true,
    })!;
    try
    {
        string? line;
        while ((line = training.StandardError.ReadLine()) is not null && !line.Contains("http://127.0.0.1:", StringComparison.Ordinal))
        {
        }
        Must(line is not null, "it names no address");
        var address = line!.Split(' ').First(word => word.StartsWith("http:", StringComparison.Ordinal));
        await page.Open(address);
        var seen = new SortedSet<int>();
        const string epochs = "document.querySelectorAll('section > .scroll tbody tr').length", said = "document.getElementById('state')?.textContent ?? ''";
        async Task<bool> IsOver() => $"{await page.Value(said)}".Contains("ended", StringComparison.Ordinal);
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(60) && !await IsOver(); await Task.Delay(100))
            if (seen.Add((int)await page.Value(epochs)) && seen.Count == 3) await Picture(page, "watched");
        Must(seen.Count >= 3, $"it has grown {seen.Count - 1} times only");
        Must(await IsOver(), $"at its end it says: {await page.Value(said)}");
        Must((bool)await page.Value("document.querySelector('.counts') !== null && document.querySelectorAll('[data-chart] canvas').length > 3"),
            "at its end it holds no results");
        Must(page.Requests.All(url => url.StartsWith(address, StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal)),
            "it asked others than the training");
        Must(page.Errors.Count == 0, $"the console says: {string.Join("; ", page.Errors)}");
        Console.WriteLine($"   train --watch: seen after {string.Join(", ", seen)} epochs and at the end, no error");
    }
    finally
    {
        if (!training.WaitForExit(10_000)) training.Kill();
        Directory.Delete(folder, recursive: true);
    }
}

async Task Look(DevTools page, string file, string name)
{
    await Media(page, "screen", "light");
    await page.Send("Emulation.setDeviceMetricsOverride", new() { ["width"] = 1000, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
    await page.Open(new Uri(file).AbsoluteUri);

    // Every chart has a canvas on which something is seen, and a name.
    var charts = (int)await page.Value("document.querySelectorAll('[data-chart]').length");
    Must(charts > 0, "the page has no chart");
    var blank = await page.Value("""
        [...document.querySelectorAll('[data-chart]')].filter(place => {
          const canvas = place.querySelector('canvas');
          if (!canvas || canvas.width === 0) return true;
          const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          return !pixels.some((value, k) => k % 4 === 3 && value > 0);
        }).map(place => place.getAttribute('aria-label')).join('; ')
        """);
    Must($"{blank}".Length == 0, $"nothing is drawn in {blank}");
    Must((bool)await page.Value("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than its window");
    await Picture(page, $"{name}-light");

    // A screen reader finds titles, tables and charts by their names.
    var tree = (await page.Send("Accessibility.getFullAXTree"))["nodes"]!.AsArray().Where(n => !(bool)n!["ignored"]!)
        .Select(n => (Role: $"{n!["role"]?["value"]}", Name: $"{n["name"]?["value"]}")).ToArray();
    Must(tree.Count(n => n.Role == "heading" && n.Name.Length > 0) >= 3, "a screen reader finds no headings");
    Must(tree.Any(n => n.Role == "table" && n.Name.Length > 0), "a screen reader finds no table with a name");
    Must(tree.Where(n => n.Role == "table").All(n => n.Name.Length > 0), "a table has no caption");
    Must(tree.Count(n => n.Role is "image" or "img" && n.Name.Contains(". ", StringComparison.Ordinal)) >= charts, "a chart's picture has no name");
    var levels = $"{await page.Value("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName[1]).join('')")}";
    Must(levels[0] == '1' && levels.Zip(levels[1..]).All(pair => pair.Second - pair.First <= 1), "headings skip a level");
    Must(tree.Where(n => n.Role == "slider").All(n => n.Name.Length > 0), "a slider has no name");

    if ((bool)await page.Value("document.querySelector('.u-over') !== null")) await Zoom(page);
    var pointed = await Point(page);
    if ((bool)await page.Value("document.querySelector('input[type=range]') !== null")) await Slide(page, name);

    var paper = $"{await page.Value(Paper)}";
    await Media(page, "screen", "dark");
    Must($"{await page.Value(Paper)}" != paper, "dark mode has the paper of light mode");
    await Contrast(page, "dark");
    await Picture(page, $"{name}-dark");
    // Print is light whatever the screen is.
    await Media(page, "print", "dark");
    Must($"{await page.Value(Paper)}" == paper, "print is not on white paper");
    await Contrast(page, "print");
    await Picture(page, $"{name}-print");
    var pdf = Convert.FromBase64String($"{(await page.Send("Page.printToPDF", new() { ["printBackground"] = true }))["data"]}");
    File.WriteAllBytes(Path.Combine(shots, $"{name}.pdf"), pdf);
    Must(pdf.AsSpan().StartsWith("%PDF-"u8), "it does not print");

    var asked = page.Requests.Where(url => !url.StartsWith("file:", StringComparison.Ordinal) && !url.StartsWith("data:", StringComparison.Ordinal)).ToArray();
    Must(asked.Length == 0, $"it asked the network for {string.Join(", ", asked)}");
    Must(page.Errors.Count == 0, $"the console says: {string.Join("; ", page.Errors)}");
    Console.WriteLine($"   {name}: {charts} charts, {pointed} values under the cursor, {tree.Count(n => n.Role == "table")} tables, no error");
}

// Text stands out from its paper by 4.5 to 1 at least (WCAG 2.2, 1.4.3), the colours of curves by 2.
async Task Contrast(DevTools page, string mode)
{
    static double Luminance(string hex) => Channels.Select((part, i) =>
        part * Linear(int.Parse(hex.AsSpan(1 + 2 * i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)).Sum();
    static double Linear(double c) => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
    async Task<double> Of(string name) => Luminance($"{await page.Value($"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()")}");
    var paper = await Of("paper");
    foreach (var (name, least) in ((string, double)[])
        [("ink", 4.5), ("muted", 4.5), ("series-0", 2), ("series-1", 2), ("series-2", 2), ("series-3", 2), ("series-4", 2), ("series-5", 2)])
    {
        var (one, other) = (Math.Max(paper, await Of(name)), Math.Min(paper, await Of(name)));
        Must((one + 0.05) / (other + 0.05) >= least, $"in {mode} the colour {name} is too near to the paper");
    }
}

// Dragging over a chart zooms into it, and Escape comes back.
async Task Zoom(DevTools page)
{
    var mouse = await Over(page, "document");
    Task Mouse(string type, double x, double y) => mouse(type, x, y);
    await Mouse("mousePressed", 0.3, 0.4);
    await Mouse("mouseMoved", 0.5, 0.5);
    await Mouse("mouseMoved", 0.7, 0.7);
    await Mouse("mouseReleased", 0.7, 0.7);
    Must((bool)await page.Value("document.querySelector('.u-over').closest('.uplot').parentElement.querySelector('.whole').hidden === false"),
        "dragging over a chart does not zoom");
    await page.Value("document.querySelector('.whole:not([hidden])').click()");
    Must((bool)await page.Value("[...document.querySelectorAll('.whole')].every(b => b.hidden)"), "a chart does not show all of itself again");
}

// A mouse over the first chart in an element, whose frame is from 0, 0 at the upper left to 1, 1.
async Task<Func<string, double, double, Task>> Over(DevTools page, string element)
{
    await page.Value($"{element}.querySelector('.u-over').scrollIntoView({{ block: 'center' }})");
    var box = JsonNode.Parse($"{await page.Value($"JSON.stringify({element}.querySelector('.u-over').getBoundingClientRect())")}")!;
    var (left, top, width, height) = ((double)box["left"]!, (double)box["top"]!, (double)box["width"]!, (double)box["height"]!);
    return (type, x, y) => page.Send("Input.dispatchMouseEvent", new()
    {
        ["type"] = type,
        ["x"] = left + x * width,
        ["y"] = top + y * height,
        ["button"] = type == "mouseMoved" ? "none" : "left",
        ["buttons"] = type == "mouseReleased" ? 0 : 1,
        ["clickCount"] = 1,
    });
}

// What the mouse points at is what a chart says: values of curves, cells of a map, and bifurcations; and a map has its colours and contours where they belong.
async Task<int> Point(DevTools page)
{
    const double frame = 0.06;
    var (charts, pointed) = (JsonNode.Parse($"{await page.Value("document.getElementById('data').textContent")}")!["charts"]!.AsArray(), 0);
    for (var k = 0; k < charts.Count; k++)
    {
        var (chart, place) = (charts[k]!, $"document.querySelector('[data-chart=\"{k}\"]')");
        double?[] Numbers(JsonNode of) => [.. of.AsArray().Select(v => (double?)v)];
        bool Is(string name) => (bool?)chart[name] == true;
        static double Part(double at, double from, double to, bool isLogarithmic)
            => isLogarithmic ? Math.Log(at / from) / Math.Log(to / from) : (at - from) / (to - from);
        async Task<string> Say(string of) => $"{await page.Value($"{place}.querySelector('{of}')?.textContent ?? ''")}";
        async Task Says(string of, string what, double[] numbers, bool anyOf = false)
        {
            var said = await Say(of);
            double[] found = [.. Number().Matches(said.Replace('−', '-')).Select(m => double.Parse(m.Value, CultureInfo.InvariantCulture))];
            // As many digits as a page shows.
            bool Found(double x) => found.Any(y => Math.Abs(x - y) <= 1e-3 * Math.Abs(x));
            Must(anyOf ? numbers.Any(Found) : numbers.All(Found), $"under the cursor on {what} is '{said}', not {string.Join(", ", numbers)}");
            pointed++;
        }

        if ($"{chart["kind"]}" == "lines" && chart["series"]!.AsArray().Count > 0)
        {
            var series = chart["series"]!.AsArray().Select(s => (Name: $"{s!["name"]}", X: Numbers(s["x"]!), Y: Numbers(s["y"]!)))
                .Where(s => s.X.Length > 0).Select((s, i) => (s.Name, s.X, s.Y, Row: i + 2)).ToArray();
            double[] all = [.. series.SelectMany(s => s.X).OfType<double>()];
            if (all.Length == 0 || all.Min() == all.Max()) continue;
            var mouse = await Over(page, place);
            foreach (var (name, x, y, row) in series.Where(s => s.X.Length > 1))
                foreach (var at in (int[])[1, x.Length / 2, x.Length - 2])
                    if (x[at] is { } here && y[at] is { } there && (there > 0 || !Is("logarithmic")))
                    {
                        // The ends of an axis belong to the frame.
                        await mouse("mouseMoved", Math.Clamp(Part(here, all.Min(), all.Max(), Is("logarithmicX")), 0.002, 0.998), 0.5);
                        // Of many points a pixel may have a neighbour.
                        double[] near = x.Length < 200 ? [there] : [.. y[(at - 1)..(at + 2)].OfType<double>()];
                        await Says($".u-legend .u-series:nth-child({row}) .u-value", $"{name} at {here}", near, anyOf: true);
                    }
        }
        else if ($"{chart["kind"]}" == "plane" && chart["series"]!.AsArray().Any(s => $"{s!["mark"]}" is "filled" or "open"))
        {
            var series = chart["series"]!.AsArray().Select(s => (Name: $"{s!["name"]}", Mark: $"{s["mark"]}", Points: Numbers(s["x"]!).Zip(Numbers(s["y"]!))
                .Where(p => p.First is not null && p.Second is not null).Select(p => (X: p.First!.Value, Y: p.Second!.Value)).ToArray())).ToArray();
            var all = series.SelectMany(s => s.Points).ToArray();
            double In(Func<(double X, double Y), double> of, (double X, double Y) p)
            {
                var (low, high) = (all.Min(of), all.Max(of));
                return (Part(of(p), low, high, false) + frame) / (1 + 2 * frame);
            }
            var mouse = await Over(page, place);
            foreach (var (name, _, points) in series.Where(s => s.Mark is "filled" or "open"))
                foreach (var p in points)
                {
                    await mouse("mouseMoved", In(q => q.X, p), 1 - In(q => q.Y, p));
                    await Says(".readout", $"a mark of {name}", [p.X, p.Y]);
                    Must((await Say(".readout")).StartsWith($"{name}: ", StringComparison.Ordinal), $"a mark of {name} has another name under the cursor");
                }
        }
        else if ($"{chart["kind"]}" == "field")
        {
            var (xs, ys, values) = (Numbers(chart["xs"]!), Numbers(chart["ys"]!), Numbers(chart["values"]!));
            var (xEdges, yEdges) = (Numbers(chart["xEdges"]!), Numbers(chart["yEdges"]!));
            double X(double at) => Part(at, xEdges[0]!.Value, xEdges[^1]!.Value, Is("logarithmicX"));
            double Y(double at) => 1 - Part(at, yEdges[0]!.Value, yEdges[^1]!.Value, Is("logarithmicY"));
            // Pixels of the canvas around a place in the frame.
            async Task<(int R, int G, int B)[]> Pixels(double x, double y, int around)
            {
                var pixels = JsonNode.Parse($"{await page.Value($$"""
                    (() => {
                      const over = {{place}}.querySelector('.u-over').getBoundingClientRect(), canvas = {{place}}.querySelector('canvas');
                      const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
                      const at = (start, length, part, from) => Math.round((start + length * part - from) * ratio);
                      const [left, top] = [at(over.left, over.width, {{Plain(x)}}, box.left), at(over.top, over.height, {{Plain(y)}}, box.top)];
                      const size = 2 * {{around}} + 1;
                      return JSON.stringify([...canvas.getContext('2d').getImageData(left - {{around}}, top - {{around}}, size, size).data]);
                    })()
                    """)}")!.AsArray().Select(v => (int)v!).ToArray();
                return [.. pixels.Chunk(4).Select(p => (p[0], p[1], p[2]))];
            }
            static bool Near((int R, int G, int B) p, string hex, int by)
            {
                int Of(int part) => int.Parse(hex.AsSpan(1 + 2 * part, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                return Math.Abs(p.R - Of(0)) <= by && Math.Abs(p.G - Of(1)) <= by && Math.Abs(p.B - Of(2)) <= by;
            }

            var mouse = await Over(page, place);
            foreach (var (i, j) in ((int, int)[])[(0, 0), (0, xs.Length - 1), (ys.Length / 2, xs.Length / 3), (ys.Length - 1, xs.Length / 2)])
                if (values[i * xs.Length + j] is { } value)
                {
                    await mouse("mouseMoved", X(xs[j]!.Value), Y(ys[i]!.Value));
                    await Says(".readout", $"cell {i}, {j}", [xs[j]!.Value, ys[i]!.Value, value]);
                }
            var (least, most, palette) = (values.Min(), values.Max(), chart["palette"]!.AsArray());
            if (least < most)
                foreach (var (of, colour) in ((double, string)[])[(least.Value, $"{palette[0]}"), (most.Value, $"{palette[^1]}")])
                {
                    // A contour may run over a cell, but hardly over all of its kind.
                    var seen = false;
                    for (var c = 0; c < values.Length && !seen; c++)
                        if (values[c] == of) seen = (await Pixels(X(xs[c % xs.Length]!.Value), Y(ys[c / xs.Length]!.Value), 0)).All(p => Near(p, colour, 3));
                    Must(seen, $"no cell of {of} has the colour {colour}");
                }
            foreach (var line in chart["series"]!.AsArray())
            {
                var (x, y) = (Numbers(line!["x"]!), Numbers(line["y"]!));
                for (var p = 0; p + 1 < x.Length; p += 3 * (1 + x.Length / 30))
                {
                    var near = await Pixels((X(x[p]!.Value) + X(x[p + 1]!.Value)) / 2, (Y(y[p]!.Value) + Y(y[p + 1]!.Value)) / 2, 1);
                    Must(near.Any(q => Near(q, "#1f2933", line == chart["series"]![0] ? 24 : 110)),
                        $"the contour {line["name"]} is not drawn at {x[p]}, {y[p]}, but {string.Join(" ", near)}");
                }
            }
        }
    }
    return pointed;

    static string Plain(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

// Keys move the sliders as a person does; what the page says then is what the library says of the same numbers.
async Task Slide(DevTools page, string name)
{
    var seen = new HashSet<string>();
    // What the page began with, of what no slider moves.
    var start = await Parsed("JSON.parse(document.getElementById('data').textContent).charts.find(c => c.kind === 'portrait').pair");
    foreach (var (slider, key, times) in ((string, string, int)[])
        [
            ("z", "End", 1), ("wr", "Home", 1), ("wr", "PageUp", 5), ("wr", "PageUp", 3), ("z", "PageDown", 5), ("tauA", "PageUp", 1), ("sigma", "PageUp", 2),
            ("b0", "PageUp", 2), ("tauY", "PageDown", 1),
        ])
    {
        await page.Value($"document.getElementById('slider-{slider}').focus()");
        for (var k = 0; k < times; k++)
            foreach (var type in (string[])["rawKeyDown", "keyUp"])
                await page.Send("Input.dispatchKeyEvent", new()
                {
                    ["type"] = type,
                    ["key"] = key,
                    ["code"] = key,
                    ["windowsVirtualKeyCode"] = key switch { "Home" => 36, "End" => 35, "PageDown" => 34, _ => 33 },
                });
        var pair = await Parsed("Object.fromEntries([...document.querySelectorAll('.sliders output')].map(o => [o.htmlFor.value.slice(7), o.value]))");
        string Of(string parameter) => $"{pair[parameter]}".Replace('−', '-');
        var said = $"{await page.Value("document.querySelector('.verdict').textContent")}";
        var shown = (await Parsed("[...document.querySelectorAll('.plot td.word')].map(c => c.textContent)")).AsArray().Select(t => $"{t}").ToArray();
        var known = JsonNode.Parse(Run(organics, "phase", "--json", "--wr", Of("wr"), "--z", Of("z"), "--sigma", Of("sigma"), "--b0", Of("b0"),
            "--tau-y", Of("tauY"), "--tau-a", Of("tauA"), "--w", $"{start["w"]}", "--b", $"{start["b"]}"))!;
        var types = known["fixed_points"]!.AsArray().Select(p => Words($"{p!["type"]}")).ToArray();
        Must(shown.SequenceEqual(types), $"after {key} on {slider} the portrait has {string.Join(", ", shown)}, but the library {string.Join(", ", types)}");
        seen.Add(said);
        if (slider == "wr") await Picture(page, $"{name}-{key}", ".plot:has(.sliders)");
    }
    Must(seen.Count >= 3, $"the sliders bring the portrait to {seen.Count} verdicts only: {string.Join(" ", seen)}");
    Console.WriteLine($"   {name}: {string.Join(" ", seen)}");

    async Task<JsonNode> Parsed(string expression) => JsonNode.Parse($"{await page.Value($"JSON.stringify({expression})")}")!;
    static string Words(string type) => string.Concat(type.Select(c => char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{c}")).Trim();
}

static string Run(string program, params string[] arguments)
{
    using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
    var said = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return said;
}

async Task Media(DevTools page, string media, string scheme)
{
    var features = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme });
    await page.Send("Emulation.setEmulatedMedia", new() { ["media"] = media, ["features"] = features });
    // Charts are drawn again by what the change sets off.
    await page.Value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

async Task Picture(DevTools page, string name, string? of = null)
{
    var what = new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = true };
    var box = JsonNode.Parse($"{await page.Value($$"""
        (() => {
          const box = document.querySelector('{{of ?? "body"}}').getBoundingClientRect();
          return JSON.stringify({ x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height });
        })()
        """)}")!;
    // A tall page in pieces that can be looked at.
    const double tallest = 1800;
    var (top, height) = ((double)box["y"]!, (double)box["height"]!);
    for (var piece = 0; piece * tallest < height; piece++)
    {
        what["clip"] = new JsonObject
        {
            ["x"] = (double)box["x"]!,
            ["y"] = top + piece * tallest,
            ["width"] = (double)box["width"]!,
            ["height"] = Math.Min(tallest, height - piece * tallest),
            ["scale"] = 1,
        };
        var png = Convert.FromBase64String($"{(await page.Send("Page.captureScreenshot", (JsonObject)what.DeepClone()))["data"]}");
        File.WriteAllBytes(Path.Combine(shots, $"{name}{(height > tallest ? $"-{piece + 1}" : "")}.png"), png);
    }
}

static void Must(bool holds, string otherwise)
{
    if (!holds) throw new InvalidOperationException(otherwise);
}

partial class Program
{
    static readonly double[] Channels = [0.2126, 0.7152, 0.0722];

    [GeneratedRegex(@"-?\d+(\.\d+)?(e-?\d+)?")]
    private static partial Regex Number();

    const string Paper = "getComputedStyle(document.body).backgroundColor";
}

/// <summary>A page of Chromium: commands that are answered, and what it complains of in between.</summary>
sealed class DevTools : IDisposable
{
    readonly ClientWebSocket _socket = new();
    int _id;
    bool _isLoaded;

    /// <summary>What the console and the log have said that is an error, since the page was opened.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>What was asked for, since the page was opened.</summary>
    public List<string> Requests { get; } = [];

    public static async Task<DevTools> Of(string address)
    {
        var page = new DevTools();
        await page._socket.ConnectAsync(new(address), CancellationToken.None);
        return page;
    }

    /// <summary>Opens an address and waits until all of it is there.</summary>
    public async Task Open(string address)
    {
        Errors.Clear();
        Requests.Clear();
        _isLoaded = false;
        await Send("Page.navigate", new() { ["url"] = address });
        while (!_isLoaded) Hear(await Receive());
    }

    /// <summary>A command's result.</summary>
    public async Task<JsonNode> Send(string method, JsonObject? parameters = null)
    {
        var id = ++_id;
        var command = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(command.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        while (true)
        {
            var message = await Receive();
            if ((int?)message["id"] != id)
            {
                Hear(message);
                continue;
            }
            return message["error"] is { } error ? throw new InvalidOperationException($"{method}: {error["message"]}") : message["result"]!;
        }
    }

    /// <summary>The value of an expression of JavaScript.</summary>
    public async Task<JsonNode> Value(string expression)
    {
        var result = await Send("Runtime.evaluate", new() { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true });
        return result["exceptionDetails"] is { } error
            ? throw new InvalidOperationException($"{error["exception"]?["description"]}") : result["result"]!["value"] ?? "";
    }

    void Hear(JsonNode message)
    {
        var what = message["params"];
        switch ((string?)message["method"])
        {
            case "Page.loadEventFired":
                _isLoaded = true;
                break;
            case "Runtime.exceptionThrown":
                Errors.Add($"{what!["exceptionDetails"]!["exception"]?["description"] ?? what["exceptionDetails"]!["text"]}");
                break;
            case "Runtime.consoleAPICalled" when (string?)what!["type"] is "error" or "warning" or "assert":
                Errors.Add(string.Join(" ", what["args"]!.AsArray().Select(a => $"{a!["value"]}")));
                break;
            case "Log.entryAdded" when (string?)what!["entry"]!["level"] == "error":
                Errors.Add($"{what["entry"]!["text"]}");
                break;
            case "Network.requestWillBeSent":
                Requests.Add($"{what!["request"]!["url"]}");
                break;
        }
    }

    async Task<JsonNode> Receive()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var message = new MemoryStream();
        var part = new byte[1 << 16];
        WebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(new ArraySegment<byte>(part), patience.Token);
            message.Write(part, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }

    public void Dispose() => _socket.Dispose();
}
