// What the charts of the dashboard use; all else of the library is left out.
export {
  areaY, axisX, axisY, barX, barY, dot, gridX, gridY, lineY, plot, pointer, pointerX, pointerY, ruleX, ruleY, stackY, text, tip,
} from "@observablehq/plot";
