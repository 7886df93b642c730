using System.Text.Json;

namespace Organics.Tests;

/// <summary>The recurrent circuit op by op and as one op, against golden vectors made by the authors' modules' equations and against each other.</summary>
public sealed class RecurrentCircuitTests
{
    static readonly string[] Matrices = ["Wzx", "Wr", "Wbx0", "Wby0", "Wba0", "Wbx1", "Wby1", "Wba1"];
    static readonly string[] Constants = ["pTauY", "pTauA", "pTauB0", "pTauB1"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_step_and_its_gradients_are_the_golden_ones(bool fused)
    {
        foreach (var golden in Sample.Goldens("rnn_cell.json", "one_step"))
        {
            int n = golden.GetProperty("n").GetInt32(), d = golden.GetProperty("d").GetInt32(), batch = golden.GetProperty("batch").GetInt32();
            var (cell, p, coefficients) = Circuit(golden, n, d);
            using var tape = new Tape<double>();
            var x = Tensor.From(golden.Numbers("x"), [1, batch, d]);
            Tensor<double>[] state = [.. States(golden.GetProperty("state"), [batch, n])];
            var after = Run(cell, coefficients(tape), tape.Watch(x), [.. state.Select(tape.Watch)], fused, SequenceMemory.Sqrt);
            var expected = golden.GetProperty("out");
            for (var i = 0; i < 4; i++) Sample.Close(expected.Numbers(cell.States[i]), after[i].ToArray(), 1e-12, cell.States[i]);
            var cotangent = States(golden.GetProperty("cotangent"), [batch, n]).Select(t => tape.Constant(t.ToArray(), t.Shape)).ToArray();
            var loss = after.Zip(cotangent, (s, c) => (s * c).Sum()).Aggregate((s, t) => s + t);
            var gradients = tape.Backward(loss);
            Sample.Close(golden.Numbers("grad_x"), gradients[x].ToArray(), 1e-11, "x");
            for (var i = 0; i < 4; i++) Sample.Close(golden.GetProperty("grad_state").Numbers(cell.States[i]), gradients[state[i]].ToArray(), 1e-11, cell.States[i]);
            CheckParameters(golden.GetProperty("grad_params"), p, gradients, 1e-11);
        }
    }

    [Theory]
    [InlineData(false, "none")]
    [InlineData(false, "sqrt")]
    [InlineData(true, "none")]
    [InlineData(true, "sqrt")]
    [InlineData(true, "9000")]
    public void A_sequence_its_loss_and_all_gradients_are_the_golden_ones(bool fused, string memory)
    {
        foreach (var golden in Sample.Goldens("rnn_cell.json", "rollout"))
        {
            int n = golden.GetProperty("n").GetInt32(), d = golden.GetProperty("d").GetInt32(), batch = golden.GetProperty("batch").GetInt32();
            int steps = golden.GetProperty("steps").GetInt32(), classes = golden.GetProperty("classes").GetInt32();
            var (cell, p, coefficients) = Circuit(golden, n, d);
            using var tape = new Tape<double>();
            // [batch, steps, d] → [steps, batch, d]
            var x = tape.Constant(golden.Numbers("inputs"), [batch, steps, d]).Reshape([batch, steps * d]).Transpose().Reshape([steps, d, batch]).Transpose();
            Tensor<double>[] initial = [.. States(golden.GetProperty("initial_state"), [n])];
            var head = (Weight: Tensor.From(golden.Numbers("Wout"), [classes, n]), Bias: Tensor.From(golden.Numbers("bout"), [classes]));
            var first = initial.Select(s => tape.Watch(s).Expand(0, batch)).ToArray();
            var after = Run(cell, coefficients(tape), x, first, fused, SequenceMemory.Parse(memory));
            for (var i = 0; i < 4; i++) Sample.Close(golden.GetProperty("final_state").Numbers(cell.States[i]), after[i].ToArray(), 1e-11, cell.States[i]);
            var logits = after[0].MatMul(tape.Watch(head.Weight), transposeOther: true) + tape.Watch(head.Bias);
            Sample.Close(golden.Numbers("logits"), logits.ToArray(), 1e-11, "logits");
            var loss = logits.SoftmaxCrossEntropy([.. golden.GetProperty("targets").EnumerateArray().Select(v => v.GetInt32())]);
            Assert.Equal(golden.GetProperty("loss").GetDouble(), loss.Item(), 1e-11);
            var gradients = tape.Backward(loss);
            CheckParameters(golden.GetProperty("grad_params"), p, gradients, 1e-9);
            Sample.Close(golden.Numbers("grad_Wout"), gradients[head.Weight].ToArray(), 1e-10, "Wout");
            Sample.Close(golden.Numbers("grad_bout"), gradients[head.Bias].ToArray(), 1e-10, "bout");
            for (var i = 0; i < 4; i++) Sample.Close(golden.GetProperty("grad_initial_state").Numbers(cell.States[i]), gradients[initial[i]].ToArray(), 1e-9, cell.States[i]);
        }
    }

    static IReadOnlyList<Tensor<double>> Run(
        RecurrentCircuit<double> cell, CircuitCoefficients<double> c, Tensor<double> x, Tensor<double>[] state, bool fused, SequenceMemory memory)
        => fused ? cell.Run(c, x, state, memory) : Scan.Run(cell, c, x, state, memory);

    static IEnumerable<Tensor<double>> States(JsonElement of, Shape shape) => ((string[])["y", "a", "b0", "b1"]).Select(name => Tensor.From(of.Numbers(name), shape));

    static (RecurrentCircuit<double> Cell, Dictionary<string, Tensor<double>> Tensors, Func<Tape<double>, CircuitCoefficients<double>> Coefficients) Circuit(JsonElement golden, int n, int d)
    {
        var (flags, most, numbers) = (golden.GetProperty("variant"), golden.GetProperty("dt_tau_max"), golden.GetProperty("params"));
        var recurrence = flags.GetProperty("recur").GetString() switch { "relu_out" => RecurrentRectifier.Outside, "relu_in" => RecurrentRectifier.Inside, _ => RecurrentRectifier.None };
        var variant = new CircuitVariant(flags.GetProperty("rectify_z").GetBoolean(), recurrence, flags.GetProperty("clamp_w").GetBoolean(), IdentityPlus: false);
        double Most(string name) => most.GetProperty(name).GetDouble();
        var p = numbers.EnumerateObject().ToDictionary(each => each.Name, each =>
            Tensor.From(numbers.Numbers(each.Name), each.Name is "Wzx" or "Wbx0" or "Wbx1" ? [n, d] : Matrices.Contains(each.Name) || each.Name == "logW" ? [n, n] : [n]));
        var cell = new RecurrentCircuit<double>(variant, new(Most("y"), Most("a"), Most("b")), p["sigma"]);
        return (cell, p, tape =>
        {
            Tensor<double> P(string name) => tape.Watch(p[name]);
            var prepared = cell.Prepare(new(P("Wzx"), P("Wr"), P("Wbx0"), P("Wby0"), P("Wba0"), P("Wbx1"), P("Wby1"), P("Wba1"), P("logW"),
                new(P("pTauY"), P("pTauA"), P("pTauB0"), P("pTauB1"))));
            return prepared with { Sigma = P("sigma") };
        }
        );
    }

    static void CheckParameters(JsonElement expected, Dictionary<string, Tensor<double>> p, Gradients<double> gradients, double tolerance)
    {
        foreach (var name in (string[])[.. Matrices, "logW", "sigma", .. Constants]) Sample.Close(expected.Numbers(name), gradients[p[name]].ToArray(), tolerance, name);
    }
}
