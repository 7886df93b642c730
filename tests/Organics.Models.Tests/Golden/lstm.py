"""Writes lstm.json beside this file: PyTorch's nn.LSTM and a linear head, forward and all gradients, in double (Debian's python3-torch)."""
import json
import os

import torch

torch.manual_seed(1)
steps, batch, channels, units, outputs = 5, 3, 2, 4, 3
lstm = torch.nn.LSTM(channels, units).double()
head = torch.nn.Linear(units, outputs).double()
x = torch.randn(steps, batch, channels, dtype=torch.float64, requires_grad=True)
labels = torch.tensor([2, 0, 1])
course, (h, c) = lstm(x)
logits = head(h[0])
loss = torch.nn.functional.cross_entropy(logits, labels)
loss.backward()
named = [(f"lstm.{name}", p) for name, p in lstm.named_parameters()] + [(f"fc.{name}", p) for name, p in head.named_parameters()]


def flat(t):
    return t.detach().flatten().tolist()


golden = {
    "torch": torch.__version__, "steps": steps, "batch": batch, "channels": channels, "units": units, "outputs": outputs,
    "x": flat(x.transpose(0, 1)), "labels": labels.tolist(), "course": flat(course), "c": flat(c), "logits": flat(logits), "loss": loss.item(),
    "parameters": {name: flat(p) for name, p in named}, "gradients": {name: flat(p.grad) for name, p in named}, "x_gradient": flat(x.grad.transpose(0, 1)),
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lstm.json"), "w") as file:
    json.dump(golden, file, indent=1)
