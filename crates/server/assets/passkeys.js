// Passkeys: the one thing on these pages that a browser does only for a script.
"use strict";
{
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const withIds = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.detail || "The hub did not answer. Try again.");
    return told;
  };

  const wire = (credential) => {
    const { response } = credential;
    const all = { clientDataJSON: text(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) all[name] = text(response[name]);
    }
    if (response.getTransports) all.transports = response.getTransports();
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      extensions: credential.getClientExtensionResults(),
      response: all,
    };
  };

  const signIn = async (place, more) => {
    const { options, state } = await post(place.path, { step: "start", form: place.form });
    const publicKey = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    publicKey.allowCredentials = withIds(publicKey.allowCredentials);
    const credential = await navigator.credentials.get({ publicKey, ...more });
    const { form, request, back } = place;
    return post(place.path, { step: "finish", state, credential: wire(credential), form, request, back });
  };

  const add = async (place) => {
    const { options, state } = await post(place.path, { step: "start", form: place.form });
    const publicKey = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    publicKey.user = { ...publicKey.user, id: bytes(publicKey.user.id) };
    publicKey.excludeCredentials = withIds(publicKey.excludeCredentials);
    const credential = await navigator.credentials.create({ publicKey });
    const name = place.named ? document.getElementById(place.named).value : "";
    return post(place.path, { step: "finish", state, credential: wire(credential), form: place.form, request: place.request, name });
  };

  for (const box of document.querySelectorAll("[data-passkey]")) {
    if (!window.PublicKeyCredential) break;
    const place = box.dataset;
    const button = box.querySelector("button");
    const told = box.querySelector("[role=alert]");
    const because = (error) => {
      if (error.name === "NotAllowedError") return "No passkey was used. Try again, or go another way.";
      if (error.name === "InvalidStateError") return "This passkey is registered already.";
      if (error.name === "SecurityError") return "Passkeys do not work at this address. See the note below.";
      return error.message;
    };
    const showCodes = (codes, next) => {
      const shown = box.querySelector("[data-codes]");
      for (const code of codes) {
        const line = document.createElement("li");
        line.textContent = code;
        shown.querySelector("ul").append(line);
      }
      shown.querySelector("a").href = next;
      shown.hidden = false;
      shown.focus();
    };
    let quiet = null;
    button.addEventListener("click", async () => {
      told.textContent = "";
      button.disabled = true;
      quiet?.abort();
      try {
        const { next, codes } = await (place.passkey === "add" ? add(place) : signIn(place, {}));
        if (codes?.length) showCodes(codes, next);
        else location.assign(next);
      } catch (error) {
        told.textContent = because(error);
        button.disabled = false;
      }
    });
    box.hidden = false;
    // a passkey offered in the e-mail field itself, where the browser can
    if (place.passkey === "sign-in" && PublicKeyCredential.isConditionalMediationAvailable) {
      PublicKeyCredential.isConditionalMediationAvailable().then(async (can) => {
        if (!can) return;
        quiet = new AbortController();
        try {
          const { next } = await signIn(place, { mediation: "conditional", signal: quiet.signal });
          location.assign(next);
        } catch {
          // nobody asked for it: the button tells what is wrong to whoever presses it
        }
      });
    }
  }
}
