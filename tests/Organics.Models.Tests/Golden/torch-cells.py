"""Writes lstm.json, gru.json, rnn.json and, of two layers, lstm-2.json, gru-2.json, rnn-2.json beside this file: PyTorch's cells and a
linear head, forward and all gradients, in double (Debian's python3-torch)."""
import itertools
import json
import os

import torch

steps, batch, channels, units, outputs = 5, 3, 2, 4, 3


def flat(t):
    return t.detach().flatten().tolist()


for (name, kind), layers in itertools.product((("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU), ("rnn", torch.nn.RNN)), (1, 2)):
    torch.manual_seed(1)
    cell = kind(channels, units, num_layers=layers).double()
    head = torch.nn.Linear(units, outputs).double()
    x = torch.randn(steps, batch, channels, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([2, 0, 1])
    course, last = cell(x)
    states = last if name == "lstm" else (last,)
    logits = head(states[0][-1])
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    named = [(f"{name}.{key}", p) for key, p in cell.named_parameters()] + [(f"fc.{key}", p) for key, p in head.named_parameters()]
    golden = {
        "torch": torch.__version__, "steps": steps, "batch": batch, "channels": channels, "units": units, "layers": layers, "outputs": outputs,
        "x": flat(x.transpose(0, 1)), "labels": labels.tolist(), "course": flat(course),
        "last": [flat(s[k]) for k in reversed(range(layers)) for s in states], "logits": flat(logits), "loss": loss.item(),
        "parameters": {key: flat(p) for key, p in named}, "gradients": {key: flat(p.grad) for key, p in named}, "x_gradient": flat(x.grad.transpose(0, 1)),
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}{'' if layers == 1 else '-2'}.json"), "w") as file:
        json.dump(golden, file, indent=1)
