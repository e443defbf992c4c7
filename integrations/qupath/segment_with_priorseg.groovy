// Finds the objects of the selected annotations, or of the whole image, with priorseg and adds them as detections.
// Automate > Script editor, change the lines below, run. QuPath 0.4 or later.
//
// As other segmenters do: each annotation goes into a folder as a tile, the program makes a label map of each, and their
// outlines come back in the pixels of the image.
import qupath.lib.analysis.images.ContourTracing
import qupath.lib.images.writers.ImageWriterTools
import qupath.lib.regions.RegionRequest
import static qupath.lib.scripting.QP.*

def program = 'priorseg'                       // or where it lies
def model = '/home/me/out/model.safetensors'   // from 'priorseg run'
def pixelSize = 0                              // um per pixel that the model was trained at; 0 = full resolution
def options = []                               // further words of 'priorseg segment', e.g. ['--channel', 'DAPI']

def server = getCurrentServer()
def scale = server.getPixelCalibration().getAveragedPixelSizeMicrons()
def downsample = pixelSize > 0 ? pixelSize / scale : 1.0
if (Double.isNaN(downsample)) {
    println 'The image does not say how large a pixel is: set pixelSize = 0'
    return
}

def parents = getSelectedObjects().findAll { it.isAnnotation() && it.hasROI() }
def whole = parents.isEmpty()
if (whole) parents = [getCurrentHierarchy().getRootObject()]

def folder = java.nio.file.Files.createTempDirectory('priorseg').toFile()
def tiles = new File(folder, 'tiles')
tiles.mkdirs()
def requests = parents.collect { parent ->
    whole ? RegionRequest.createInstance(server, downsample)
          : RegionRequest.createInstance(server.getPath(), downsample, parent.getROI())
}
requests.eachWithIndex { request, i ->
    ImageWriterTools.writeImageRegion(server, request, new File(tiles, "tile_${i}.ome.tif").getPath())
}

def words = [program, 'segment', tiles.getPath(), '--model', model, '-o', new File(folder, 'out').getPath()] + options
def process = new ProcessBuilder(words.collect { it.toString() }).redirectErrorStream(true).start()
process.inputStream.eachLine { println it }
def code = process.waitFor()
if (code != 0 && code != 3) {  // 3: done, but the verdict says not to trust it
    println "priorseg ended with ${code}, see above"
    return
}

parents.eachWithIndex { parent, i ->
    def labels = new File(folder, "out/labels/tile_${i}.tif")
    if (!labels.exists()) return
    def found = ContourTracing.labelsToDetections(labels.toPath(), requests[i])
    // The tile is the annotation's bounding box: what lies outside of its outline is left out.
    if (!whole) found = found.findAll { parent.getROI().contains(it.getROI().getCentroidX(), it.getROI().getCentroidY()) }
    parent.clearChildObjects()
    parent.addChildObjects(found)
    println "${found.size()} objects in ${whole ? 'the image' : parent}"
}
fireHierarchyUpdate()
println "Table, report and label maps: ${new File(folder, 'out')}"
