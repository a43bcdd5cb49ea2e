// A curve over time: drawn and dragged with the pointer, written as numbers with the keyboard.
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";

import { type Point, add, addAfter, asPoints, boundsOf, move, remove, spanOf } from "../breakpoints.ts";
import { read, write } from "../scale.ts";
import { type ControlProps, Field } from "./field.tsx";
import { Outline, useWaveform } from "./waveform.tsx";

const WIDTH = 400;
const HEIGHT = 96;
const PAD = 8;

export function BreakpointsControl({ parameter, value, onChange, error }: ControlProps<unknown>): ReactNode {
  const points = asPoints(value);
  const bounds = boundsOf(parameter.min, parameter.max, points);
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ index: number; span: number } | null>(null);
  const [asTable, setAsTable] = useState(false);
  // The axis stands still during a drag, or the point would run away from the pointer.
  const { durationS, lows, highs } = useWaveform();
  const span = drag?.span ?? spanOf(points, durationS);

  const x = (timeS: number): number => PAD + (timeS / span) * (WIDTH - 2 * PAD);
  const y = (level: number): number => PAD + ((bounds.max - level) / (bounds.max - bounds.min)) * (HEIGHT - 2 * PAD);
  const under = (event: { clientX: number; clientY: number }): Point => {
    const box = svg.current!.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * WIDTH;
    const py = ((event.clientY - box.top) / box.height) * HEIGHT;
    return [
      Number(((Math.max(0, px - PAD) / (WIDTH - 2 * PAD)) * span).toPrecision(4)),
      bounds.max - ((py - PAD) / (HEIGHT - 2 * PAD)) * (bounds.max - bounds.min),
    ];
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (drag) onChange(move(points, drag.index, under(event), bounds));
  };
  const onKey = (event: KeyboardEvent, index: number): void => {
    const [timeS, level] = points[index]!;
    const dt = span / 100;
    const dv = (bounds.max - bounds.min) / 100;
    const moves: Record<string, Point> = {
      ArrowLeft: [timeS - dt, level],
      ArrowRight: [timeS + dt, level],
      ArrowUp: [timeS, level + dv],
      ArrowDown: [timeS, level - dv],
    };
    const to = moves[event.key];
    if (to) onChange(move(points, index, to, bounds));
    else if (event.key === "Delete" || event.key === "Backspace") onChange(remove(points, index));
    else if (event.key === "Enter" && !event.shiftKey) onChange(addAfter(points, index, bounds));
    else return;
    event.preventDefault();
  };

  const line = points.map(([timeS, level]) => `${x(timeS)},${y(level)}`).join(" ");
  const first = points[0];
  const last = points.at(-1);
  const zero = bounds.min < 0 && bounds.max > 0 ? y(0) : null;
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={error} wide>
      {({ control, described }) => (
        <div className="sch-curve">
          <svg
            ref={svg}
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            role="group"
            aria-label={`${parameter.label}: curve of ${points.length} points over ${write(span)} s`}
            onDoubleClick={(event) => onChange(add(points, under(event), bounds))}
            onPointerMove={onPointerMove}
            onPointerUp={() => setDrag(null)}
            onPointerCancel={() => setDrag(null)}
          >
            <Outline
              lows={lows}
              highs={highs}
              x={(part) => x(part * durationS)}
              middle={HEIGHT / 2}
              reach={HEIGHT / 2 - PAD}
            />
            {zero === null ? null : <line className="sch-zero" x1={PAD} x2={WIDTH - PAD} y1={zero} y2={zero} />}
            {first && last ? (
              <>
                <polyline className="sch-hold" points={`${PAD},${y(first[1])} ${x(first[0])},${y(first[1])}`} />
                <polyline className="sch-hold" points={`${x(last[0])},${y(last[1])} ${WIDTH - PAD},${y(last[1])}`} />
                <polyline className="sch-line" points={line} />
              </>
            ) : (
              <text x={WIDTH / 2} y={HEIGHT / 2 + 4} textAnchor="middle">
                double-click to add a point
              </text>
            )}
            {points.map(([timeS, level], index) => (
              <circle
                key={index}
                cx={x(timeS)}
                cy={y(level)}
                r={drag?.index === index ? 6 : 5}
                tabIndex={0}
                role="slider"
                aria-label={`point ${index + 1}`}
                aria-valuemin={bounds.min}
                aria-valuemax={bounds.max}
                aria-valuenow={level}
                aria-valuetext={`${write(level)} ${parameter.unit} at ${write(timeS)} s`}
                onPointerDown={(event) => {
                  event.stopPropagation();
                  svg.current?.setPointerCapture?.(event.pointerId);
                  setDrag({ index, span });
                }}
                onDoubleClick={(event) => {
                  event.stopPropagation();
                  onChange(remove(points, index));
                }}
                onKeyDown={(event) => onKey(event, index)}
              >
                <title>{`${write(timeS)} s, ${write(level)} ${parameter.unit}`}</title>
              </circle>
            ))}
          </svg>
          <div className="sch-curve-foot">
            <span>
              0–{write(span)} s, {write(bounds.min)}…{write(bounds.max)} {parameter.unit}
            </span>
            <span>
              <button
                type="button"
                id={control}
                className="sch-quiet"
                aria-describedby={described}
                onClick={() => onChange(addAfter(points, points.length - 1, bounds))}
              >
                Add point
              </button>
              <button type="button" className="sch-quiet" aria-expanded={asTable} onClick={() => setAsTable(!asTable)}>
                {asTable ? "Hide numbers" : "Numbers"}
              </button>
              <button type="button" className="sch-quiet" disabled={points.length === 0} onClick={() => onChange([])}>
                Clear
              </button>
            </span>
          </div>
          {asTable ? (
            <table className="sch-points">
              <thead>
                <tr>
                  <th scope="col">time (s)</th>
                  <th scope="col">value{parameter.unit ? ` (${parameter.unit})` : ""}</th>
                  <th scope="col">
                    <span className="sch-hidden">remove</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {points.map((point, index) => (
                  <tr key={index}>
                    {([0, 1] as const).map((part) => (
                      <td key={part}>
                        <Cell
                          label={`${part === 0 ? "time" : "value"} of point ${index + 1}`}
                          value={point[part]}
                          onChange={(to) =>
                            onChange(move(points, index, part === 0 ? [to, point[1]] : [point[0], to], bounds))
                          }
                        />
                      </td>
                    ))}
                    <td>
                      <button
                        type="button"
                        className="sch-quiet"
                        aria-label={`remove point ${index + 1}`}
                        onClick={() => onChange(remove(points, index))}
                      >
                        <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
                          <path d="M2 2 10 10M10 2 2 10" stroke="currentColor" strokeWidth="1.6" />
                        </svg>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : null}
        </div>
      )}
    </Field>
  );
}

interface CellProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

function Cell({ label, value, onChange }: CellProps): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  const commit = (text: string): void => {
    const entry = read(text);
    setDraft(null);
    if (entry !== null && entry !== value) onChange(entry);
  };
  return (
    <input
      type="text"
      inputMode="decimal"
      aria-label={label}
      value={draft ?? write(value)}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={(event) => draft !== null && commit(event.currentTarget.value)}
      onKeyDown={(event) => event.key === "Enter" && commit(event.currentTarget.value)}
    />
  );
}
