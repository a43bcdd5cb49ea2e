// The page that a server has for people: its plugins on a canvas, with nothing but its own addresses behind it.
import "@xyflow/react/dist/base.css";
import "../tokens.css";
import "../node/controls/controls.css";
import "../flow/flow.css";
import "./page.css";

import { type ReactNode, useCallback, useState } from "react";
import { createRoot } from "react-dom/client";

import { Api } from "./api.ts";
import { Desk } from "./desk.tsx";
import { begin, forget, keep } from "./session.ts";
import { SignIn } from "./sign_in.tsx";

const session = begin();

function Page(): ReactNode {
  const [api, setApi] = useState<Api | null>(() => (session.token || session.isSent ? new Api(session.token) : null));
  const [words, setWords] = useState("");
  const enter = useCallback((token: string) => {
    keep(token);
    setWords("");
    setApi(new Api(token));
  }, []);
  const leave = useCallback((why: string) => {
    forget();
    setWords(why);
    setApi(null);
  }, []);
  return api ? <Desk key={api.token} api={api} first={session.flow} onLeave={leave} /> : <SignIn words={words} onEnter={enter} />;
}

createRoot(document.getElementById("page")!).render(<Page />);
