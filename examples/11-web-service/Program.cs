using Organics;

// A minimal API that answers from many threads: POST /classify with a sequence, and the class comes back. A trained model comes from a file: dotnet run … -- RUN/model.safetensors
var model = args.Length > 0 ? SequenceModel<float>.Load(args[0]) : SequenceModel<float>.Create(new() { Cell = "lstm", Units = 16, Format = new(20, 2, TargetKind.Class, PerStep: false, 3) }, seed: 1);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
await using var app = builder.Build();
app.MapPost("/classify", (float[] sequence) =>
    sequence.Length == model.Options.Format.Width ? Results.Ok(model.Classify(sequence)[0]) : Results.BadRequest($"The model expects {model.Options.Format}."));
await app.StartAsync();

// Two hundred clients at once are told what one hears alone.
using var http = new HttpClient { BaseAddress = new(app.Urls.First()) };
float[][] sequences = [.. Enumerable.Range(0, 200).Select(i => Enumerable.Range(0, model.Options.Format.Width).Select(t => MathF.Sin(i + 0.3f * t * (1 + i % 5))).ToArray())];
var answers = await Task.WhenAll(sequences.Select(async each => await (await http.PostAsJsonAsync("/classify", each)).Content.ReadFromJsonAsync<int>()));
Console.WriteLine($"as alone: {answers.SequenceEqual(sequences.Select(each => model.Classify(each)[0]))}");
var refused = await http.PostAsJsonAsync("/classify", new float[] { 1 });
Console.WriteLine($"{(int)refused.StatusCode}: {await refused.Content.ReadAsStringAsync()}");
