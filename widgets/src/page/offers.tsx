// Drafts that a page has left, offered back: opened again, or forgotten.
import type { ReactNode } from "react";

import type { Offer } from "./drafts.ts";

interface OffersProps {
  offers: Offer[];
  onOpen: (offer: Offer) => void;
  onForget: (offer: Offer) => void;
}

export function Offers({ offers, onOpen, onForget }: OffersProps): ReactNode {
  if (offers.length === 0) return null;
  return (
    <section className="sch-page-files sch-page-offers" aria-label="drafts that were not saved">
      <span>Not saved when its page ended:</span>
      {offers.map((offer) => {
        const name = offer.name || "nameless";
        const at = new Date(offer.at).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
        return (
          <span key={offer.key} className="sch-page-offer">
            {name} <span className="sch-page-soft">{at}{offer.run ? ", with its last run" : ""}</span>
            <button type="button" aria-label={`open the draft ${name} of ${at}`} onClick={() => onOpen(offer)}>Open</button>
            <button type="button" className="sch-quiet" aria-label={`forget the draft ${name} of ${at}`} onClick={() => onForget(offer)}>Forget</button>
          </span>
        );
      })}
    </section>
  );
}
