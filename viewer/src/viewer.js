// The page's script. It holds nothing itself: the parts it starts import each other, and none of them this file.
import { start } from "./main.js";

start(document.getElementById("viewer"));
