// Opens a label map and an archive of selections with ImageJ's classes, without a window, and prints what it sees:
//   map WIDTH HEIGHT BITS
//   NAME PIXELS AREA MEAN X0 Y0 WIDTH HEIGHT POSITION   of each selection, by its number of pixels in the mask and
//                                                       ImageJ's own measurements on the label map
import ij.IJ;
import ij.ImagePlus;
import ij.gui.Roi;
import ij.io.RoiDecoder;
import ij.process.ImageProcessor;
import ij.process.ImageStatistics;
import java.awt.Rectangle;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

public class ImageJMeasures {
  public static void main(String[] files) throws IOException {
    ImagePlus map = IJ.openImage(files[0]);
    map.getCalibration().disableDensityCalibration();
    System.out.println("map " + map.getWidth() + " " + map.getHeight() + " " + map.getBitDepth());
    // As the ROI Manager does, which needs a window.
    ZipInputStream archive = new ZipInputStream(new FileInputStream(files[1]));
    for (ZipEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
      Roi roi = new RoiDecoder(archive.readAllBytes(), entry.getName()).getRoi();
      map.setRoi((Roi) roi.clone());
      ImageStatistics measured = map.getStatistics();
      Rectangle box = roi.getBounds();
      ImageProcessor mask = roi.getMask();
      long pixels = 0;
      for (int y = 0; y < box.height; y++)
        for (int x = 0; x < box.width; x++)
          if (mask == null || mask.get(x, y) != 0) pixels++;
      System.out.println(roi.getName() + " " + pixels + " " + measured.area + " " + measured.mean + " " + box.x + " "
          + box.y + " " + box.width + " " + box.height + " " + roi.getPosition());
    }
    System.exit(0);
  }
}
