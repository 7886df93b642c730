
// Of a training that goes on: how far it is, and after each epoch the page anew, until the training closes.
const events = new EventSource("/events");
let version = 0, isOver = false;
events.addEventListener("message", async event => {
  const now = JSON.parse(event.data);
  if (now.version !== version) {
    version = now.version;
    try {
      const state = await (await fetch("/state")).json();
      // The end may have come meanwhile, and is the last word.
      if (isOver) return;
      page.renew(state);
    } catch {
      // The training closes, and says so.
    }
  }
  if (isOver) return;
  const [state, progress] = [document.getElementById("state"), document.getElementById("progress")];
  if (state) state.textContent = now.text;
  if (progress) progress.value = now.done;
});
function close(text) {
  isOver = true;
  events.close();
  document.getElementById("progress")?.remove();
  const state = document.getElementById("state") ?? document.createElement("p");
  [state.id, state.textContent] = ["state", text];
  state.setAttribute("role", "status");
  document.querySelector("h1").after(state);
}
events.addEventListener("end", event => {
  page.renew(JSON.parse(event.data));
  close("The run has ended; this page stays as it is.");
});
events.addEventListener("error", () => close("The training answers no more."));
