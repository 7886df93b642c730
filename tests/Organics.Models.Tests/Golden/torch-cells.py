"""Writes lstm.json, gru.json, rnn.json and, of two layers, lstm-2.json, gru-2.json, rnn-2.json beside this file: PyTorch's cells and a
linear head, forward and all gradients, in double (Debian's python3-torch); and cornn.json, lipschitz.json, lem.json: cells that PyTorch has
not, from their papers' equations, their weights named and laid out as in their authors' code (tk-rusch/coRNN, erichson/LipschitzRNN, tk-rusch/LEM)."""
import itertools
import json
import math
import os

import torch

steps, batch, channels, units, outputs = 5, 3, 2, 4, 3


def flat(t):
    return t.detach().flatten().tolist()


class Steps(torch.nn.Module):
    """A cell of which each subclass has a step (x, states) -> states; the first of them is shown."""

    def forward(self, x):
        states, course = [torch.zeros(x.shape[1], units, dtype=x.dtype) for _ in range(self.count)], []
        for now in x:
            states = self.step(now, states)
            course.append(states[0])
        return torch.stack(course), [s[None] for s in states]


class Cornn(Steps):
    count, dt, gamma, epsilon = 2, 0.042, 2.7, 4.7

    def __init__(self):
        super().__init__()
        self.i2h = torch.nn.Linear(channels + 2 * units, units)

    def step(self, x, states):
        y, z = states
        z = z + self.dt * (torch.tanh(self.i2h(torch.cat((x, z, y), 1))) - self.gamma * y - self.epsilon * z)
        return [y + self.dt * z, z]


class Lipschitz(Steps):
    count, epsilon, beta, gamma = 1, 0.03, 0.75, 0.001

    def __init__(self):
        super().__init__()
        self.E = torch.nn.Linear(channels, units)
        self.B, self.C = (torch.nn.Parameter(torch.randn(units, units) / math.sqrt(units)) for _ in range(2))

    def skewed(self, m):
        return self.beta * (m - m.t()) + (1 - self.beta) * (m + m.t()) - self.gamma * torch.eye(units, dtype=m.dtype)

    def step(self, x, states):
        h = states[0]
        return [h + self.epsilon * h @ self.skewed(self.B) + self.epsilon * torch.tanh(h @ self.skewed(self.C) + self.E(x))]


class Lem(Steps):
    count, dt = 2, 0.21

    def __init__(self):
        super().__init__()
        self.inp2hid = torch.nn.Linear(channels, 4 * units)
        self.hid2hid = torch.nn.Linear(units, 3 * units)
        self.transform_z = torch.nn.Linear(units, units)

    def step(self, x, states):
        y, z = states
        of_x, of_y = self.inp2hid(x).split(units, 1), self.hid2hid(y).split(units, 1)
        step_y, step_z = self.dt * torch.sigmoid(of_x[0] + of_y[0]), self.dt * torch.sigmoid(of_x[1] + of_y[1])
        z = z + step_z * (torch.tanh(of_x[3] + of_y[2]) - z)
        return [y + step_y * (torch.tanh(self.transform_z(z) + of_x[2]) - y), z]


cells = [("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU), ("rnn", torch.nn.RNN), ("cornn", Cornn), ("lipschitz", Lipschitz), ("lem", Lem)]
for (name, kind), layers in itertools.product(cells, (1, 2)):
    is_own = issubclass(kind, Steps)
    if is_own and layers > 1:
        continue
    torch.manual_seed(1)
    cell = (kind() if is_own else kind(channels, units, num_layers=layers)).double()
    head = torch.nn.Linear(units, outputs).double()
    x = torch.randn(steps, batch, channels, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([2, 0, 1])
    course, last = cell(x)
    states = last if is_own or name == "lstm" else (last,)
    logits = head(states[0][-1])
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    named = [(f"{name}.{key}", p) for key, p in cell.named_parameters()] + [(f"fc.{key}", p) for key, p in head.named_parameters()]
    golden = {
        "torch": torch.__version__, "steps": steps, "batch": batch, "channels": channels, "units": units, "layers": layers, "outputs": outputs,
        **({"settings": {key: getattr(kind, key) for key in ("dt", "epsilon", "beta", "gamma") if hasattr(kind, key)}} if is_own else {}),
        "x": flat(x.transpose(0, 1)), "labels": labels.tolist(), "course": flat(course),
        "last": [flat(s[k]) for k in reversed(range(layers)) for s in states], "logits": flat(logits), "loss": loss.item(),
        "parameters": {key: flat(p) for key, p in named}, "gradients": {key: flat(p.grad) for key, p in named}, "x_gradient": flat(x.grad.transpose(0, 1)),
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}{'' if layers == 1 else '-2'}.json"), "w") as file:
        json.dump(golden, file, indent=1)
