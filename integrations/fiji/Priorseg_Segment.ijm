// Finds the objects of the open image with priorseg and shows them as an overlay.
//
// Put this file into Fiji's folder plugins/Macros (ImageJ: plugins), start Fiji again, and choose
// Plugins > Macros > Priorseg Segment. It asks for program and model the first time, and again with Shift held down.
// Without a window, "PROGRAM;MODEL;IMAGE;RESULT.tif" as argument does the same and saves the image with its overlay.

program = call("ij.Prefs.get", "priorseg.program", "priorseg");
model = call("ij.Prefs.get", "priorseg.model", "");
result = "";
if (getArgument() != "") {
  words = split(getArgument(), ";");
  program = words[0];
  model = words[1];
  open(words[2]);
  result = words[3];
} else if (model == "" || !File.exists(model) || isKeyDown("shift")) {
  Dialog.create("priorseg");
  Dialog.addFile("Program", program);
  Dialog.addFile("Model (model.safetensors)", model);
  Dialog.show();
  program = Dialog.getString();
  model = Dialog.getString();
  call("ij.Prefs.set", "priorseg.program", program);
  call("ij.Prefs.set", "priorseg.model", model);
}
if (nImages == 0) exit("priorseg: open an image first");

// The plane that is shown goes to the program, under a name of its own: the open image stays as it is.
image = getImageID();
folder = getDirectory("temp") + "priorseg_" + d2s(getTime(), 0) + File.separator;
File.makeDirectory(folder);
plane = folder + "plane.tif";
setBatchMode(true);
run("Select None");
run("Duplicate...", "title=plane");
saveAs("Tiff", plane);
close();

showStatus("priorseg: looking for objects");
said = exec("sh", "-c", "exec " + quoted(program) + " segment " + quoted(plane) + " --model " + quoted(model)
    + " --save rois -q -o " + quoted(folder + "out") + " 2>&1");
print(said);
rois = folder + "out/rois/plane_rois.zip";
if (!File.exists(rois)) exit("priorseg found no result:\n" + said);

selectImage(image);
roiManager("reset");
bytes = parseInt(File.length(rois));  // as it comes it is a text, of which "1491" is less than "22"
if (bytes > 22) roiManager("open", rois);  // an archive without objects has 22 bytes
run("Remove Overlay");
if (roiManager("count") > 0) run("From ROI Manager");
setBatchMode("exit and display");
showStatus("priorseg: " + Overlay.size + " objects");
print("priorseg: " + Overlay.size + " objects; table and report: " + folder + "out");
if (result != "") saveAs("Tiff", result);

// As one word of the shell.
function quoted(text) {
  return "'" + replace(text, "'", "'\\\\''") + "'";
}
