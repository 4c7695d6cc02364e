// Passkeys and security keys: the page carries what the device is asked, and posts what it answers.
//
// A form with data-passkey="create" or "get" holds the question in data-options; with "sign-in" it is fetched from
// data-ask when it is needed. The answer goes into the form's field "credential".
(() => {
  "use strict";

  const PROBLEMS = {
    NotAllowedError: "The device was not used, or it took too long. Try again.",
    InvalidStateError: "This device is already set up.",
    SecurityError: "Passkeys do not work at this web address. Open the site by its name, with https.",
    NotSupportedError: "This device does not support this.",
  };
  const NONE = "This browser does not support passkeys. Use a newer browser, or an authenticator app.";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const withIds = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

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

  function tell(form, sentence) {
    form.querySelector("[data-passkey-problem]").textContent = sentence;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form) return;
    event.preventDefault();
    tell(form, "");
    if (!window.PublicKeyCredential) {
      tell(form, NONE);
      return;
    }
    try {
      form.elements.credential.value = JSON.stringify(await answered(form));
      form.submit();
    } catch (problem) {
      tell(form, PROBLEMS[problem.name] || window.NO_CONNECTION);
    }
  });
})();
