open System
open System.IO
open Organics

/// A record of tensors that can be watched by a tape and updated by an optimiser.
type Neuron =
    { Amplitude: Tensor<float>
      Sigma: Tensor<float> }

    interface IParameters<Neuron, float> with
        member p.Map f =
            { Amplitude = f.Invoke("amplitude", p.Amplitude)
              Sigma = f.Invoke("sigma", p.Sigma) }

// A trained model is loaded and asked: what are these handwritten digits, seen pixel by pixel?
let model = SequenceModel<float32>.Load(Path.Combine(AppContext.BaseDirectory, "model.safetensors"))
let digits = Seq.head (SampleDigits.Load().Train.Batches<float32> 200)
let said = model.Classify(digits.Inputs.ToArray())
let right = Seq.zip said (digits.Classes.ToArray()) |> Seq.filter (fun (a, b) -> a = b) |> Seq.length
printfn $"at least 95 %% of {digits.Count} digits right: {float right >= 0.95 * float digits.Count}"

// A neuron's responses r = A·c²/(σ² + c²) to contrasts c are fitted: the tape differentiates, Adam descends.
let tensor (values: float[]) = Tensor.From<float>(values, Shape.Of(ReadOnlySpan [| values.Length |]))
let contrast = tensor [| 0.02; 0.05; 0.1; 0.2; 0.5; 1.0 |]
let responses neuron = neuron.Amplitude * contrast.Square() / (neuron.Sigma.Square() + contrast.Square())
let measured = responses { Amplitude = tensor [| 40.0 |]; Sigma = tensor [| 0.15 |] }
let fitted = { Amplitude = tensor [| 10.0 |]; Sigma = tensor [| 0.5 |] }
let adam = Adam<Neuron, float>(fitted, learningRate = 0.1)
let tape = new Tape<float>()

for _ in 1..2000 do
    let loss = (responses (tape.Watch fitted) - measured).Square().Mean()
    adam.Step(fitted, tape.Backward loss)
    tape.Reset()

printfn $"A = {fitted.Amplitude.Item():F2}, σ = {fitted.Sigma.Item():F3}"
