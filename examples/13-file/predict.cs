#:project ../../src/Organics.Models/Organics.Models.csproj
#:property PublishAot=false

using Organics;

// A whole program in one file, run by `dotnet run -c Release predict.cs`, or with a model of your own behind `--`: what does a model say of the first digits?
// Here it is the one that sees pixels in a random order; the order is in the file.
var here = (string)AppContext.GetData("EntryPointFileDirectoryPath")!;
var model = SequenceModel<float>.Load(args.Length > 0 ? args[0] : Path.Combine(here, "../models/psmnist-64/model.safetensors"));
Console.WriteLine($"expects {model.Options.Format}");
var digits = SampleDigits.Load().Train.Batches<float>(20).First();
Console.WriteLine($"shown {string.Join(' ', digits.Classes.ToArray())}");
Console.WriteLine($"said  {string.Join(' ', model.Classify(digits.Inputs))}");
