global using Inception;
global using Inception.Data;
global using Inception.Evaluation;
global using Inception.Interop;
global using Inception.Training;
global using TorchSharp;
global using static TorchSharp.torch;
