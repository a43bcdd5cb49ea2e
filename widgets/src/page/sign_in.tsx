// Who may call is known by a token, which the server shows when it begins.
import { type FormEvent, type ReactNode, useState } from "react";

export function SignIn({ words, onEnter }: { words: string; onEnter: (token: string) => void }): ReactNode {
  const [token, setToken] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim()) onEnter(token.trim());
  };
  return (
    <main className="sch sch-page sch-sign-in">
      <form onSubmit={submit}>
        <h1>Plugins</h1>
        <p>This server asks for a token. It was shown when the server began; in a notebook it is <code>server.token</code>.</p>
        <label>
          Token
          <input type="password" autoComplete="off" autoFocus spellCheck={false} value={token} onChange={(event) => setToken(event.currentTarget.value)} />
        </label>
        {words ? <p className="sch-page-trouble" role="alert">{words}</p> : null}
        <button type="submit" className="sch-primary" disabled={!token.trim()}>Open</button>
        <p className="sch-page-soft">It is kept for this tab alone, and forgotten when that is closed.</p>
      </form>
    </main>
  );
}
