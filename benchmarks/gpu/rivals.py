"""PyTorch and JAX at the work of this folder's program: rivals.py DEVICE JOBS

DEVICE is cuda, cuda:1 or cpu. JOBS is a JSON list of what is measured:
    {"what": NAME, "kind": "product", "static" or "sequence", "file": PATH}
where the file, a safetensors that the program writes, holds the factors, or the first parameters, the inputs and labels, and in its header what else decides the work.

Stdout has one JSON object a line: {"what", "rival", "seconds", "value"}, the median of five runs and a number by which agreement is checked (an element sum, or the loss before
the first update); {"what", "rival", "error"} where one failed; {"missing"} where a library cannot be imported, with "error" where it is there and does not work.

All arithmetic is in float32 without tensor cores. The equations are in docs/theory.md.
"""
import gc
import json
import math
import os
import statistics
import sys
import time

WARM, TIMED = 2, 5
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

# Steps of Algorithm 1 in the static layer, whose own program goes on until nothing moves.
ITERATIONS = 10


class File:
    """A safetensors file: 8 bytes of the header's length, the header in JSON, bytes."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            self.data = file.read()
        self.metadata = self.header.pop("__metadata__", {})

    def tensors(self, convert):
        """By name, each what `convert` makes of its element type, its shape and its bytes."""
        return {name: convert(t["dtype"], t["shape"], bytearray(self.data[slice(*t["data_offsets"])])) for name, t in self.header.items()}

    def sequence(self):
        """The largest Δt/τ of y, a and b, of the one form of the circuit that is written here."""
        if self.metadata["variant"] != "paper" or self.metadata["time_constants"] != "learned" or "order" in self.metadata:
            raise ValueError("only the paper's variant with learned time constants and pixels in their own order is written here")
        largest = dict(part.split("=") for part in self.metadata["dt_tau_max"].split(","))
        return [float(largest[name]) for name in "yab"]

    def rate(self):
        return float(self.metadata["learning_rate"])


def parameters(tensors):
    return {name[len("parameter."):]: t for name, t in tensors.items() if name.startswith("parameter.")}


class PyTorch:
    """Eager: an op is a launch, and the tape is made anew at every step. Written for speed: transforms and the inputs' products outside the loop, products of one operand at once."""

    kinds = ("product", "static", "sequence", "eigenvalues")

    def __init__(self, device):
        import torch

        self.torch = torch
        self.device = torch.device(device)
        self.on_card = self.device.type == "cuda"
        if self.on_card and not torch.cuda.is_available():
            raise RuntimeError("it sees no CUDA device")
        torch.backends.cuda.matmul.allow_tf32 = False

    def rival(self, kind):
        version = self.torch.__version__.split("+")[0]
        return {
            "product": f"cuBLAS (PyTorch {version})" if self.on_card else f"PyTorch {version}",
            "static": f"PyTorch {version} eager, {ITERATIONS} solves",
            "sequence": f"PyTorch {version} eager",
            "eigenvalues": f"PyTorch {version}, LAPACK on the processor",
        }[kind]

    def wait(self):
        if self.on_card:
            self.torch.cuda.synchronize(self.device)

    def release(self):
        gc.collect()
        if self.on_card:
            self.torch.cuda.empty_cache()

    def product(self, job):
        factors = self.tensors(File(job["file"]))
        a, b = factors["a"], factors["b"]
        return lambda: (a @ b)[0].sum().item()

    def eigenvalues(self, job):
        """On the processor: on a card a batch is a loop, too, over matrices that are much too small for it."""
        matrices = self.tensors(File(job["file"]))["a"].cpu()
        return lambda: self.torch.linalg.eigvals(matrices).real.amax(-1).mean().item()

    def tensors(self, file):
        types = {"F32": self.torch.float32, "F64": self.torch.float64, "I32": self.torch.int32}
        return file.tensors(lambda dtype, shape, data: self.torch.frombuffer(data, dtype=types[dtype]).reshape(shape).to(self.device))

    def training(self, first, rate, loss_of):
        """A training step. All parameters lie in one vector: its split costs one concatenation going back, and Adam takes its few launches once."""
        torch = self.torch
        flat = torch.cat([t.reshape(-1) for t in first.values()]).requires_grad_()
        sizes = [t.numel() for t in first.values()]
        adam = torch.optim.Adam([flat], lr=rate, betas=(BETA1, BETA2), eps=EPSILON)

        def run():
            views = {name: part.view(t.shape) for (name, t), part in zip(first.items(), flat.split(sizes))}
            adam.zero_grad(set_to_none=True)
            loss = loss_of(views)
            loss.backward()
            adam.step()
            return loss.item()

        return run

    def spectral(self, matrix):
        """Makes the function V -> V/σ₁(V): σ₁ = uᵀVv, where u and v take one step of power iteration, outside the derivative, from the first matrix's singular vector."""
        torch = self.torch
        v = torch.linalg.svd(matrix)[2][0].clone()

        def normalized(matrix):
            nonlocal v
            with torch.no_grad():
                u = torch.nn.functional.normalize(matrix.mv(v), dim=0)
                v = torch.nn.functional.normalize(matrix.t().mv(u), dim=0)
            return matrix / u.dot(matrix.mv(v))

        return normalized

    def static(self, job):
        """Algorithm 1 unrolled on the tape, with a gradient of its solves that is written by hand."""
        file = File(job["file"])
        tensors = self.tensors(file)
        torch, functional, solve = self.torch, self.torch.nn.functional, gained_solve(self.torch)
        first, x, labels, sigma = parameters(tensors), tensors["x"], tensors["labels"].long(), float(file.metadata["sigma"])
        spectral = self.spectral(first["org1.Wr"])

        def loss_of(p):
            def coded(h, half):
                for i in (0, 2, 4):
                    h = functional.linear(h, p[f"autoencoder.{half}.{i}.weight"], p[f"autoencoder.{half}.{i}.bias"]).sigmoid_()
                return h

            code = coded(x, "encoder")
            v = functional.linear(code, p["org1.Wzx"])
            g = functional.linear(code, p["org1.Wbx"]).sigmoid_() * (v / v.norm(dim=1, keepdim=True))
            w, wr = p["org1.log_Way"].exp(), spectral(p["org1.Wr"])
            c = (sigma * p["org1.b0"].sigmoid()).square()
            # The last a would not be read.
            a = functional.linear(functional.linear(g, wr).square(), w, c)
            y = solve(a.sqrt() - 1, wr, g)
            for _ in range(ITERATIONS - 1):
                a = functional.linear(a * y.square(), w, c)
                y = solve(a.sqrt() - 1, wr, g)
            logits = functional.linear(y.relu().square(), p["fc.weight"], p["fc.bias"])
            return functional.cross_entropy(logits, labels) + functional.mse_loss(coded(code, "decoder"), x)

        return self.training(first, file.rate(), loss_of)

    def sequence(self, job):
        file = File(job["file"])
        tensors = self.tensors(file)
        torch, functional, (most_y, most_a, most_b) = self.torch, self.torch.nn.functional, file.sequence()
        first, labels = parameters(tensors), tensors["labels"].long()
        x = tensors["x"].t().contiguous().unsqueeze(-1)
        batch, n = x.shape[1], tensors["y0"].shape[0]
        spectral, identity = self.spectral(first["org.Wr.weight"]), torch.eye(n, device=self.device)
        repeated = [t.expand(batch, -1).contiguous() for t in (tensors["y0"], tensors["a0"], torch.cat([tensors["b00"], tensors["b10"]]))]

        def loss_of(p):
            p = {name.replace("org.", ""): t for name, t in p.items()}
            kappa_y, kappa_a = most_y * p["param_dt_tauy"].sigmoid(), most_a * p["param_dt_taua"].sigmoid()
            kappa_b = most_b * torch.cat([p["param_dt_taub0"], p["param_dt_taub1"]]).sigmoid()
            w, wr = p["log_Way"].exp(), spectral(p["Wr.weight"]) + identity
            from_y, from_a = torch.cat([p["Wby0"], p["Wby1"]]).t(), torch.cat([p["Wba0"], p["Wba1"]]).t()
            # Taken apart by unbind: the gradient of an index would be quadratic in the steps.
            drives = functional.linear(x, p["Wzx.weight"]).unbind(0)
            inputs = functional.linear(x, torch.cat([p["Wbx0"], p["Wbx1"]])).unbind(0)
            y, a, b = repeated
            for drive, of_x in zip(drives, inputs):
                gain = torch.addmm(torch.addmm(of_x, y, from_y), a, from_a).sigmoid()
                rate, positive = y.relu(), a.relu()
                b0, b1 = b.chunk(2, -1)
                pool = functional.linear(rate.square() * positive, w)
                y = y.lerp(torch.addcmul(b1 * drive, 1 - positive.sqrt(), functional.linear(rate, wr)), kappa_y)
                a = a.lerp(torch.addcmul(pool, b0, b0), kappa_a)
                b = b.lerp(gain, kappa_b)
            return functional.cross_entropy(functional.linear(y, p["fc.weight"], p["fc.bias"]), labels)

        return self.training(first, file.rate(), loss_of)


def gained_solve(torch):
    """y = E⁻¹g with E = I + diag(t)Wr for every sample; going back λ = E⁻ᵀȳ, and the gradients are −λ⊙(Wr·y), −(λ⊙t)ᵀy and λ: no batch of matrices is formed."""

    class GainedSolve(torch.autograd.Function):
        @staticmethod
        def forward(ctx, t, wr, g):
            # Built transposed, so that the factorization finds columns contiguous; _ex does not wait for the card to see whether a pivot is 0.
            identity = torch.eye(wr.shape[0], device=wr.device)
            lu, pivots, _ = torch.linalg.lu_factor_ex(torch.addcmul(identity, t.unsqueeze(-2), wr.t().contiguous()).mT)
            y = torch.linalg.lu_solve(lu, pivots, g.unsqueeze(-1)).squeeze(-1)
            ctx.save_for_backward(lu, pivots, t, wr, y)
            return y

        @staticmethod
        def backward(ctx, cotangent):
            lu, pivots, t, wr, y = ctx.saved_tensors
            adjoint = torch.linalg.lu_solve(lu, pivots, cotangent.unsqueeze(-1), adjoint=True).squeeze(-1)
            return -adjoint * torch.nn.functional.linear(y, wr), -(adjoint * t).t().mm(y), adjoint

    return GainedSolve.apply


class Jax:
    """lax.scan under jit, one compiled function for the whole step: loss, gradient and Adam."""

    kinds = ("sequence",)

    def __init__(self, device):
        platform, _, index = device.partition(":")
        # Both are read at the import.
        os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
        os.environ["JAX_PLATFORMS"] = platform
        import jax

        self.jax = jax
        jax.config.update("jax_default_matmul_precision", "highest")
        jax.config.update("jax_default_device", jax.devices(platform)[int(index or 0)])

    def rival(self, kind):
        return f"JAX {self.jax.__version__} scan, jit"

    def wait(self):
        # A run ends with its loss and state at hand.
        pass

    def release(self):
        gc.collect()

    def sequence(self, job):
        import numpy

        jax, jnp, nn = self.jax, self.jax.numpy, self.jax.nn
        each = self.jax.tree_util.tree_map
        file = File(job["file"])
        types = {"F32": numpy.float32, "I32": numpy.int32}
        tensors = file.tensors(lambda dtype, shape, data: jnp.array(numpy.frombuffer(data, types[dtype]).reshape(shape)))
        most_y, most_a, most_b = file.sequence()
        learning_rate = file.rate()
        first, labels, x = parameters(tensors), tensors["labels"], tensors["x"].T
        states = [tensors[name] for name in ("y0", "a0", "b00", "b10")]

        def loss_of(p, u, v, x, labels, states):
            p = {name.replace("org.", ""): t for name, t in p.items()}
            n, batch = p["log_Way"].shape[0], x.shape[1]
            kappa = jnp.concatenate([most_y * nn.sigmoid(p["param_dt_tauy"]), most_a * nn.sigmoid(p["param_dt_taua"])])
            kappa_b = most_b * nn.sigmoid(jnp.concatenate([p["param_dt_taub0"], p["param_dt_taub1"]]))
            w = jnp.exp(p["log_Way"]).T
            wr = (p["Wr.weight"] / (u @ (p["Wr.weight"] @ v)) + jnp.eye(n)).T
            from_state = jnp.concatenate([jnp.concatenate([p["Wby0"], p["Wba0"]], 1), jnp.concatenate([p["Wby1"], p["Wba1"]], 1)]).T
            drives = x[:, :, None] * p["Wzx.weight"][:, 0]
            inputs = x[:, :, None] * jnp.concatenate([p["Wbx0"], p["Wbx1"]])[:, 0]

            def step(state, seen):
                (s, b), (drive, of_x) = state, seen
                rate, positive = nn.relu(s[:, :n]), nn.relu(s[:, n:])
                of_y = b[:, n:] * drive + (1 - jnp.sqrt(positive)) * (rate @ wr)
                of_a = jnp.square(b[:, :n]) + (jnp.square(rate) * positive) @ w
                gain = nn.sigmoid(of_x + s @ from_state)
                return (s + kappa * (jnp.concatenate([of_y, of_a], 1) - s), b + kappa_b * (gain - b)), None

            before = [jnp.broadcast_to(jnp.concatenate(pair), (batch, 2 * n)) for pair in (states[:2], states[2:])]
            (s, _), _ = jax.lax.scan(step, tuple(before), (drives, inputs))
            scores = nn.log_softmax(s[:, :n] @ p["fc.weight"].T + p["fc.bias"])
            return -jnp.mean(scores[jnp.arange(batch), labels])

        def update(state, x, labels, states):
            p, m, s, v, t = state
            # σ₁ = uᵀVv by one step of power iteration, outside the derivative.
            u = p["org.Wr.weight"] @ v
            u = u / jnp.linalg.norm(u)
            v = p["org.Wr.weight"].T @ u
            v = v / jnp.linalg.norm(v)
            loss, gradient = jax.value_and_grad(loss_of)(p, u, v, x, labels, states)
            t = t + 1
            correction = jnp.sqrt(1 - BETA2**t)
            rate = learning_rate * correction / (1 - BETA1**t)
            m = each(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, gradient)
            s = each(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, s, gradient)
            p = each(lambda p, m, s: p - rate * m / (jnp.sqrt(s) + EPSILON * correction), p, m, s)
            return loss, (p, m, s, v, t)

        update = jax.jit(update, donate_argnums=0)
        state = (first, each(jnp.zeros_like, first), each(jnp.zeros_like, first), jnp.linalg.svd(first["org.Wr.weight"])[2][0], jnp.float32(0))

        def run():
            nonlocal state
            loss, state = jax.block_until_ready(update(state, x, labels, states))
            return float(loss)

        return run


def measured(library, job):
    """Seconds and the first run's value."""
    run = getattr(library, job["kind"])(job)
    values = [run() for _ in range(WARM)]
    seconds = []
    for _ in range(TIMED):
        library.wait()
        start = time.perf_counter()
        run()
        library.wait()
        seconds.append(time.perf_counter() - start)
    if not math.isfinite(values[0]):
        raise ArithmeticError(f"its value is {values[0]}")
    return {"seconds": statistics.median(seconds), "value": values[0]}


def reason(error):
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def main(device, jobs):
    # Whatever else is printed, by a library too, goes to stderr.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**line):
        print(json.dumps(line), file=out, flush=True)

    for name, module, make in (("PyTorch", "torch", PyTorch), ("JAX", "jax", Jax)):
        try:
            library = make(device)
        except ModuleNotFoundError as error:
            say(missing=name, **({} if error.name == module else {"error": reason(error)}))
            continue
        except Exception as error:
            say(missing=name, error=reason(error))
            continue
        for job in jobs:
            if job["kind"] not in library.kinds:
                continue
            try:
                result = measured(library, job)
            except Exception as error:
                result = {"error": reason(error)}
            # What an exception held is free only here.
            library.release()
            say(what=job["what"], rival=library.rival(job["kind"]), **result)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
