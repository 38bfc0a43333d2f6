/** What draws the plots, read out of its package as text. */

import plotter from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import plotterCss from "uplot/dist/uPlot.min.css" with { type: "text" };

export { plotter, plotterCss };
