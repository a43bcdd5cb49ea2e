// Search-to-add: a few letters, Enter, and the node is where the pointer was. From a dragged port only what fits it.
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { useUniqueId } from "../ids.ts";
import { couldFit } from "./adding.ts";
import { brief } from "./hostile.ts";
import { OfferSign } from "./palette.tsx";
import { type Offer, offersOf, ranked } from "./rank.ts";
import { type SearchAsk, useStore, useView } from "./view.ts";

const MOST = 60;

interface SearchProps {
  ask: SearchAsk;
  onAdd: (offer: Offer) => void;
  onClose: () => void;
}

export function Search({ ask, onAdd, onClose }: SearchProps): ReactNode {
  const { store } = useView();
  const palette = useStore((one) => one.traits.palette);
  const [asked, setAsked] = useState("");
  const [at, setAt] = useState(0);
  const id = useUniqueId();
  const list = useRef<HTMLUListElement>(null);
  const offers = useMemo(() => offersOf(palette).filter((offer) => !ask.from || couldFit(store, offer, ask.from)), [palette, ask, store]);
  const found = useMemo(() => ranked(offers, asked).slice(0, MOST), [offers, asked]);
  const active = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: "nearest" });
  }, [active]);
  return (
    <div
      className="sch-search nowheel nopan nodrag"
      role="dialog"
      aria-label="add a node"
      style={{ left: ask.at.x, top: ask.at.y }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) onClose();
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
        aria-label={ask.from ? `add what fits ${ask.from.type}` : "add a node"}
        placeholder={ask.from ? `what ${ask.from.side === "output" ? "takes" : "gives"} ${ask.from.type}` : "Add a node"}
        autoFocus
        autoComplete="off"
        value={asked}
        onChange={(event) => {
          setAsked(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") onClose();
          else if (event.key === "Enter" && found[active]) onAdd(found[active]);
          else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setAt((active + (event.key === "ArrowDown" ? 1 : -1) + found.length) % Math.max(1, found.length));
          }
        }}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="what can be added" ref={list}>
        {found.map((offer, index) => (
          <li
            key={offer.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={(event) => event.preventDefault()}
            onPointerMove={() => setAt(index)}
            onClick={() => onAdd(offer)}
          >
            <OfferSign offer={offer} />
            <span className="sch-clip">{brief(offer.label, 100)}</span>
            <span className="sch-clip sch-soft">{brief(offer.group, 40)}</span>
          </li>
        ))}
        {found.length === 0 ? <li className="sch-soft" role="presentation">nothing is called so</li> : null}
      </ul>
    </div>
  );
}
