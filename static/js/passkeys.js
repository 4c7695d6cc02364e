// Passkeys and security keys: the page has the options for the device, and posts the device's answer.
//
// A form with data-passkey="create" or "get" has them in data-options; with "sign-in" they are fetched from data-ask
// when they are needed. The answer goes into the form's field "credential".
(() => {
  "use strict";

  // The browser's errors, and the data attributes of accounts/_passkey_problem.html with a sentence for each.
  const PROBLEMS = {
    NotAllowedError: "notUsed",
    InvalidStateError: "alreadySetUp",
    SecurityError: "wrongUrl",
    NotSupportedError: "notSupported",
  };

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const withIds = (list) => (list || []).map((credential) => ({ ...credential, id: bytes(credential.id) }));

  async function create(form) {
    const { publicKey } = JSON.parse(form.dataset.options);
    const alone = form.elements.passwordless.checked;
    const credential = await navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        user: { ...publicKey.user, id: bytes(publicKey.user.id) },
        excludeCredentials: withIds(publicKey.excludeCredentials),
        authenticatorSelection: {
          ...publicKey.authenticatorSelection,
          residentKey: alone ? "required" : "discouraged",
          requireResidentKey: alone,
          ...(alone ? { userVerification: "required" } : {}),
        },
      },
    });
    const { response } = credential;
    return {
      ...described(credential),
      response: {
        clientDataJSON: text(response.clientDataJSON),
        attestationObject: text(response.attestationObject),
        transports: response.getTransports ? response.getTransports() : [],
      },
    };
  }

  async function get({ publicKey }) {
    const credential = await navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: bytes(publicKey.challenge),
        allowCredentials: withIds(publicKey.allowCredentials),
      },
    });
    const { response } = credential;
    return {
      ...described(credential),
      response: {
        clientDataJSON: text(response.clientDataJSON),
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
      },
    };
  }

  function described(credential) {
    return {
      type: credential.type,
      id: credential.id,
      rawId: text(credential.rawId),
      authenticatorAttachment: credential.authenticatorAttachment || null,
      clientExtensionResults: credential.getClientExtensionResults(),
    };
  }

  async function asked(form) {
    const answer = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new TypeError(answer.status);
    return (await answer.json()).request_options;
  }

  async function answered(form) {
    if (form.dataset.passkey === "create") return create(form);
    return get(form.dataset.ask ? await asked(form) : JSON.parse(form.dataset.options));
  }

  function show(form, sentence) {
    form.querySelector("[data-passkey-problem]").textContent = sentence;
  }

  function sentenceOf(form, problem) {
    const { dataset } = form.querySelector("[data-passkey-problem]");
    return dataset[PROBLEMS[problem.name]] || window.cimar.sentence("no-connection");
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form) return;
    event.preventDefault();
    show(form, "");
    if (!window.PublicKeyCredential) {
      show(form, form.querySelector("[data-passkey-problem]").dataset.noPasskeys);
      return;
    }
    try {
      form.elements.credential.value = JSON.stringify(await answered(form));
      form.submit();
    } catch (problem) {
      show(form, sentenceOf(form, problem));
    }
  });
})();
