// The palette: what there is to add, by category; a click adds it in the middle, a drag where it is dropped.
import { type ReactNode, useMemo, useState } from "react";

import { brief } from "./hostile.ts";
import { Icon } from "./icons.tsx";
import { type Offer, offersOf, ranked } from "./rank.ts";
import { useStore } from "./view.ts";

/** What is dragged says which offer it is. */
export const DRAGGED = "application/x-schillinger-offer";

export function Palette({ onAdd }: { onAdd: (offer: Offer) => void }): ReactNode {
  const palette = useStore((store) => store.traits.palette);
  const [asked, setAsked] = useState("");
  const offers = useMemo(() => offersOf(palette), [palette]);
  const found = useMemo(() => ranked(offers, asked), [offers, asked]);
  const groups = useMemo(() => {
    const byGroup = new Map<string, Offer[]>();
    for (const offer of found) byGroup.set(offer.group, [...(byGroup.get(offer.group) ?? []), offer]);
    return [...byGroup];
  }, [found]);
  return (
    <aside className="sch-palette" aria-label="palette">
      <label className="sch-find">
        <Icon name="search" size={14} />
        <span className="sch-hidden">find something to add</span>
        <input
          type="search"
          placeholder="Find"
          value={asked}
          onChange={(event) => setAsked(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && found[0]) onAdd(found[0]);
            if (event.key === "Escape" && asked) {
              event.stopPropagation();
              setAsked("");
            }
          }}
        />
      </label>
      <div className="sch-offers" tabIndex={-1}>
        {groups.map(([group, members]) => (
          <section key={group} aria-label={brief(group, 60)}>
            <h4 className="sch-clip">{brief(group, 60)}</h4>
            <ul>
              {members.map((offer) => (
                <li key={offer.key}>
                  <button
                    type="button"
                    className="sch-quiet sch-offer"
                    draggable
                    title={brief(offer.detail || offer.label, 600)}
                    onDragStart={(event) => {
                      event.dataTransfer.setData(DRAGGED, offer.key);
                      event.dataTransfer.effectAllowed = "copy";
                    }}
                    onClick={() => onAdd(offer)}
                  >
                    <OfferSign offer={offer} />
                    <span className="sch-clip">{brief(offer.label, 100)}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
        {found.length === 0 ? <p className="sch-soft sch-pad">nothing is called so</p> : null}
      </div>
    </aside>
  );
}

/** A dot in the colour and shape of what comes out of it. */
export function OfferSign({ offer }: { offer: Offer }): ReactNode {
  const type = useStore((store) =>
    offer.entry ? (store.definitionOf(offer.entry.plugin)?.outputs[0]?.type ?? "any") : (offer.type ?? "any"),
  );
  if (offer.kind === "comment") return <Icon name="note" size={13} />;
  return <i className={`sch-dot sch-type-${type}`} aria-hidden="true" />;
}
